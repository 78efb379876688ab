"""The public contract: every room's routes, in the order a place travels."""

from app.access import routes as access
from app.access.guards import Guarded
from app.allocations import routes as allocations
from app.authorities import routes as authorities
from app.bookings import arrangement_routes as arrangements
from app.bookings import entitlement_routes as entitlements
from app.bookings import offer_routes as offers
from app.bookings import routes as bookings
from app.catalogue import routes as catalogue
from app.children import goal_routes as goals
from app.children import routes as children
from app.closures import routes as closures
from app.commissioning import plan_routes as plans
from app.commissioning import routes as commissioning
from app.feeds import routes as feeds
from app.gaps import month_routes as gap_months
from app.gaps import quality_routes as gap_quality
from app.interests import routes as interests
from app.learning import routes as learning
from app.matches import routes as matches
from app.outcomes import routes as outcomes
from app.passports import routes as passports
from app.releases import gap_routes as gaps
from app.releases import routes as releases
from app.releases import statement_routes as statements
from app.reports import routes as reports
from app.rounds import brochure_routes as brochures
from app.rounds import choice_routes as choices
from app.rounds import routes as rounds
from app.wishes import action_routes as wish_actions
from app.wishes import routes as wishes
from app.work import routes as jobs

oauth = access.router

v1 = Guarded(prefix="/v1")
v1.include_router(authorities.router)
v1.include_router(catalogue.router)
v1.include_router(feeds.router)
v1.include_router(interests.router)
v1.include_router(children.households)
v1.include_router(children.children)
v1.include_router(goals.router)
v1.include_router(bookings.router)
v1.include_router(offers.router)
v1.include_router(arrangements.router)
v1.include_router(outcomes.router)
v1.include_router(entitlements.router)
v1.include_router(passports.router)
v1.include_router(matches.router)
v1.include_router(closures.router)
v1.include_router(wishes.router)
v1.include_router(wish_actions.router)
v1.include_router(statements.router)
v1.include_router(rounds.router)
v1.include_router(brochures.router)
v1.include_router(choices.router)
v1.include_router(allocations.router)
v1.include_router(jobs.router)
v1.include_router(releases.router)
v1.include_router(gaps.router)
v1.include_router(gap_months.router)
v1.include_router(gap_quality.router)
v1.include_router(commissioning.router)
v1.include_router(plans.router)
v1.include_router(reports.router)
v1.include_router(learning.router)
