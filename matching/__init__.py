"""Matching: which sessions suit a child, with every reason.

A library: rows and a child in, frozen results out; it knows no database and no web.

    vocabulary = load_vocabulary()                                # once per process
    catalogue = build_catalogue(activities, sessions, vocabulary) # once per catalogue version
    live = Live(now, places_left, ...)                            # once per request
    matches = match(catalogue, child, holdings, live, limit=20)
    fit = explain_fit(catalogue, child, holdings, live, session_id)

Where things are: `problem` what goes in, `result` what comes out, `catalogue` rows to arrays,
`eligibility` and `support` what blocks, `scoring` what is measured, `blend` how it adds up,
`weights` how much each counts, `learning` what past bookings say of that and `calibration` how
well, `ranking` the best first, `explain` and `fit` the words, `interests` what children say;
`allocation` gives the scarce places of a month out to everybody at once; `gaps` finds what children
want and cannot get.
"""

from matching.allocation.allocate import allocate
from matching.allocation.checking import Verdict, check_allocation
from matching.allocation.comparisons import EquityRow, equity, first_come, pure_lottery
from matching.allocation.pair_costs import closest_pairs
from matching.allocation.problem import AllocationProblem
from matching.allocation.reasons import REFUSAL_CAUSES, Refusals, explain_allocation
from matching.allocation.repairing import Repair, repair
from matching.allocation.result import Allocation, Certificate
from matching.allocation.second_round import second_round, without_overlaps
from matching.blend import Scores, score
from matching.calibration import CurvePoint, Quality
from matching.catalogue import Catalogue, build_catalogue
from matching.codes import (
    BLOCKING_REASONS,
    BREAK_TYPES,
    FACTORS,
    FEELINGS,
    FUNDINGS,
    GENDERS,
    IMPORTANCES,
    NEED_CODES,
    NEED_LABELS,
    OFFER_KINDS,
    SETTINGS,
    SUPPORT_STATES,
    VOICES,
    WEEKDAYS,
)
from matching.eligibility import Eligibility, SpanJudge, count_blocked, eligible
from matching.errors import InvalidProblem
from matching.fit import explain_fit
from matching.gaps.counts import outcome_counts
from matching.gaps.equity import GroupRate, Interval, compare_groups
from matching.gaps.facts import OUTCOMES, GapFacts, NearMisses, Wanting, find_gaps
from matching.gaps.nearest import RANKS, MissingNeeds, essential_masks, missing_needs
from matching.gaps.need_groups import GROUP_NAMES, GROUP_OF_NEED, NEED_GROUPS, group_masks
from matching.gaps.planning import CurvePoint as PlanCurvePoint
from matching.gaps.planning import NoPlan, Plan, PlanProblem, PlanStep, curve, make_plan
from matching.gaps.scenarios import Cut, cut_places, moved, with_need_met, without_sessions
from matching.gaps.wants import OpenWish, Want, wants_of
from matching.interests.encoder import encoder_version
from matching.interests.index import InterestIndex
from matching.interests.listings import Listing
from matching.interests.measures import RankingMeasures, mean_measures, measure_ranking
from matching.interests.phrases import Phrase
from matching.interests.suggestions import Suggestion, suggest
from matching.interests.vocabulary import Concept, Vocabulary, load_vocabulary
from matching.learning import InUse, Learning, learn
from matching.listing_ranking import rank_listings
from matching.problem import (
    ActivityRow,
    Booked,
    Child,
    Holdings,
    Interest,
    Live,
    Need,
    OfferRow,
    PolicyAges,
    Remaining,
    SessionRow,
    SupportService,
    Window,
)
from matching.ranking import Judgement, judge_many, match
from matching.result import Arrangement, Fit, Match, Matches, NeedFit, Obstacle, Reason
from matching.weights import DEFAULT_WEIGHTS, MEASURES, AnyWeights, LearnedWeights, Weights

__all__ = [
    "BLOCKING_REASONS",
    "BREAK_TYPES",
    "DEFAULT_WEIGHTS",
    "FACTORS",
    "FEELINGS",
    "FUNDINGS",
    "GENDERS",
    "GROUP_NAMES",
    "GROUP_OF_NEED",
    "IMPORTANCES",
    "MEASURES",
    "NEED_CODES",
    "NEED_GROUPS",
    "NEED_LABELS",
    "OFFER_KINDS",
    "OUTCOMES",
    "RANKS",
    "REFUSAL_CAUSES",
    "SETTINGS",
    "SUPPORT_STATES",
    "VOICES",
    "WEEKDAYS",
    "ActivityRow",
    "Allocation",
    "AllocationProblem",
    "AnyWeights",
    "Arrangement",
    "Booked",
    "Catalogue",
    "Certificate",
    "Child",
    "Concept",
    "CurvePoint",
    "Cut",
    "Eligibility",
    "EquityRow",
    "Fit",
    "GapFacts",
    "GroupRate",
    "Holdings",
    "InUse",
    "Interest",
    "InterestIndex",
    "Interval",
    "InvalidProblem",
    "Judgement",
    "LearnedWeights",
    "Learning",
    "Listing",
    "Live",
    "Match",
    "Matches",
    "MissingNeeds",
    "NearMisses",
    "Need",
    "NeedFit",
    "NoPlan",
    "Obstacle",
    "OfferRow",
    "OpenWish",
    "Phrase",
    "Plan",
    "PlanCurvePoint",
    "PlanProblem",
    "PlanStep",
    "PolicyAges",
    "Quality",
    "RankingMeasures",
    "Reason",
    "Refusals",
    "Remaining",
    "Repair",
    "Scores",
    "SessionRow",
    "SpanJudge",
    "Suggestion",
    "SupportService",
    "Verdict",
    "Vocabulary",
    "Want",
    "Wanting",
    "Weights",
    "Window",
    "allocate",
    "build_catalogue",
    "check_allocation",
    "closest_pairs",
    "compare_groups",
    "count_blocked",
    "curve",
    "cut_places",
    "eligible",
    "encoder_version",
    "equity",
    "essential_masks",
    "explain_allocation",
    "explain_fit",
    "find_gaps",
    "first_come",
    "group_masks",
    "judge_many",
    "learn",
    "load_vocabulary",
    "make_plan",
    "match",
    "mean_measures",
    "measure_ranking",
    "missing_needs",
    "moved",
    "outcome_counts",
    "pure_lottery",
    "rank_listings",
    "repair",
    "score",
    "second_round",
    "suggest",
    "wants_of",
    "with_need_met",
    "without_overlaps",
    "without_sessions",
]
