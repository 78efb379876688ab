"""What sample children like and do not like, in the words of children, parents and staff.

Written for this project from general knowledge; nobody's own words.
"""

from dataclasses import dataclass
from random import Random
from typing import Any, Final


@dataclass(frozen=True)
class Theme:
    """One thing that children like, said in several ways."""

    child: tuple[str, ...]
    others: tuple[str, ...]
    # The ages at which it is plausible, both included.
    ages: tuple[int, int] = (0, 18)


THEMES: Final = (
    Theme(
        ("fishing with grandad", "I want to catch a big carp", "angling!!"),
        ("would sit by the canal with a rod all day",),
        (7, 18),
    ),
    Theme(
        ("swimming", "going under the water", "I love the pool when it's warm"),
        ("calm in the hydro pool", "happiest in water", "working towards 25 metres"),
    ),
    Theme(
        ("footy", "playing in goal", "Port Vale and Stoke City", "five a side with mates"),
        ("kicks a ball round the garden for hours", "football mad like his brothers"),
        (4, 18),
    ),
    Theme(
        ("wheelchair basketball", "shooting hoops"),
        ("enjoys any game with a ball and a net",),
        (7, 18),
    ),
    Theme(
        ("trains", "steam engines and level crossings", "I know every tram in the world"),
        ("could watch trains at the station all afternoon", "obsessed with railways"),
    ),
    Theme(
        ("buses, I know all the numbers", "driving the bus one day"),
        ("loves riding on the top deck",),
        (3, 18),
    ),
    Theme(
        ("Minecraft", "building worlds on my tablet", "Roblox with my cousin", "Mario Kart"),
        ("only talks to others when gaming", "anything on the computer"),
        (6, 18),
    ),
    Theme(
        ("coding my own game", "robots", "making things with LEGO motors"),
        ("takes every gadget apart to see how it works",),
        (8, 18),
    ),
    Theme(
        ("LEGO", "building towers and knocking them down", "brick sets with lots of bits"),
        ("will build for hours if nobody moves the pieces",),
        (4, 16),
    ),
    Theme(
        ("drawing dragons", "painting", "manga and comics", "making stuff with clay"),
        ("loves messy paint and glue", "very creative, draws every day"),
    ),
    Theme(
        ("singing", "being in a choir", "songs from the musicals"),
        ("sings along to everything", "responds to singing and rhymes"),
    ),
    Theme(
        ("drums", "playing the keyboard", "learning guitar", "DJ-ing"),
        ("bangs out a rhythm on any table", "music is what settles her"),
    ),
    Theme(
        ("dancing", "street dance", "ballet", "dancing to pop songs in my chair"),
        ("never stops dancing",),
        (3, 18),
    ),
    Theme(
        ("acting and being on stage", "drama club", "making people laugh"),
        ("blossoms when there is a show to put on",),
        (6, 18),
    ),
    Theme(
        ("horses", "riding a pony called Biscuit", "I want to brush the horses"),
        ("sits taller on a horse than in any chair",),
        (4, 18),
    ),
    Theme(
        ("dogs", "guinea pigs", "feeding the animals at the farm", "snakes and lizards"),
        ("gentle with animals", "animals calm him when nothing else does"),
    ),
    Theme(
        ("dinosaurs", "T. rex and triceratops", "fossils"),
        ("knows the name of every dinosaur",),
        (3, 13),
    ),
    Theme(
        ("space and rockets", "looking at the stars", "the planets in order"),
        ("reads everything about space",),
        (5, 18),
    ),
    Theme(
        ("cooking", "baking cakes with nan", "making pizza"),
        ("loves stirring and tasting", "wants to cook for himself one day"),
        (4, 18),
    ),
    Theme(
        ("riding a bike", "go-karts", "going fast on my trike", "skateboarding"),
        ("would love to learn to ride an adapted bike",),
        (4, 18),
    ),
    Theme(
        ("climbing", "the climbing wall", "climbing trees"),
        ("climbs everything at home, better on a wall with a rope",),
        (5, 18),
    ),
    Theme(
        ("bouncing on the trampoline", "jumping", "soft play"),
        ("needs to bounce to feel right in the body", "trampolining at school goes well"),
        (2, 16),
    ),
    Theme(
        ("bubbles and lights", "squishy toys", "shiny things that spin"),
        ("looks at lights for a long time", "loves water, foam and anything to touch"),
        (0, 14),
    ),
    Theme(
        ("stories", "Harry Potter", "going to the library", "writing my own story"),
        ("loves being read to, the same book again and again",),
        (2, 16),
    ),
    Theme(
        ("films", "going to the cinema with popcorn", "making YouTube videos"),
        ("a relaxed film showing is our best day out",),
        (5, 18),
    ),
    Theme(
        ("being outside", "making dens in the woods", "campfires and marshmallows", "muddy walks"),
        ("needs fresh air every day", "a different child in the woods"),
    ),
    Theme(
        ("growing tomatoes", "gardening", "digging for worms"),
        ("likes a patch of soil of his own",),
        (4, 18),
    ),
    Theme(("bird watching", "owls"), ("knows all the birds at the feeder",), (6, 18)),
    Theme(
        ("karate", "judo throws", "boxing training"),
        ("would gain confidence from a martial art",),
        (6, 18),
    ),
    Theme(("bowling", "crazy golf"), ("ten pin bowling with a ramp was a hit",), (5, 18)),
    Theme(
        ("board games", "chess", "Dungeons and Dragons", "Pokemon cards"),
        ("plays Uno with anyone who sits still",),
        (6, 18),
    ),
    Theme(
        ("doing nails and make-up", "fashion", "doing my hair like the big girls"),
        ("a pamper session makes her feel grown up",),
        (8, 18),
    ),
    Theme(
        ("hanging out with people like me", "a youth club", "having a best friend"),
        ("has no friends outside school and would like one",),
        (9, 18),
    ),
    Theme(("magic tricks", "juggling"), ("puts on a show for the whole family",), (6, 16)),
    Theme(("photos", "taking pictures of clouds"), ("carries a camera everywhere",), (9, 18)),
    Theme(("running", "racing", "park run with dad"), ("runs and runs",), (5, 18)),
    Theme(("boats", "canoeing", "sailing"), ("loved the canal boat trip with school",), (6, 18)),
    Theme(
        ("fire engines", "police cars and sirens", "diggers and tractors"),
        ("waves at every bin lorry",),
        (2, 12),
    ),
    Theme(("princesses", "superheroes and dressing up"), ("always in costume",), (2, 10)),
    Theme(("ice skating", "sledging"), ("tried the ice rink once and talks of it still",), (5, 18)),
    Theme(
        ("earning my own money", "working in a café", "getting the bus by myself"),
        ("getting ready for more independence",),
        (14, 18),
    ),
    Theme(
        ("sleeping in a tent", "staying away with friends"),
        ("has never had a night away from home",),
        (8, 18),
    ),
)
# Each with its feeling and whose voice says so.
DISLIKES: Final = (
    ("loud noise and crowds", "avoid", "parent"),
    ("sirens", "avoid", "parent"),
    ("the dark", "dislike", "child"),
    ("dogs, I'm scared of them", "avoid", "child"),
    ("getting my hands messy", "dislike", "child"),
    ("swimming pools echo too much", "avoid", "parent"),
    ("water on the face", "dislike", "observed"),
    ("football, too rough", "dislike", "child"),
    ("being tickled or touched from behind", "avoid", "professional"),
    ("heights", "dislike", "child"),
    ("balloons popping", "avoid", "parent"),
    ("long queues", "dislike", "parent"),
    ("team games with shouting", "dislike", "professional"),
    ("strong smells, like horses", "dislike", "parent"),
    ("singing in front of people", "dislike", "child"),
    ("getting cold", "dislike", "parent"),
)
FEELINGS: Final = ("love", "like", "curious")


def choose_interests(rng: Random, *, age_years: int, speaks: bool) -> list[dict[str, Any]]:
    """Choose a handful of interests; those who do not speak for themselves are spoken for."""
    fitting = [theme for theme in THEMES if theme.ages[0] <= age_years <= theme.ages[1]]
    themes = rng.sample(
        fitting, k=min(len(fitting), rng.choices((1, 2, 3, 4, 5, 6), (1, 3, 5, 5, 3, 1))[0])
    )
    own_voice = 0.7 if speaks and age_years >= 5 else 0.0
    found = []
    for theme in themes:
        if rng.random() < own_voice:
            text, voice = rng.choice(theme.child), "child"
        else:
            text = rng.choice(theme.others)
            voice = rng.choices(("parent", "professional", "observed"), (6, 3, 1))[0]
        feeling = rng.choices(FEELINGS, (4, 4, 2))[0]
        found.append({"text": text, "feeling": feeling, "voice": voice})
    for text, feeling, voice in rng.sample(DISLIKES, k=rng.choices((0, 1, 2), (5, 4, 1))[0]):
        spoken = voice == "child" and own_voice == 0.0
        found.append({"text": text, "feeling": feeling, "voice": "parent" if spoken else voice})
    return found
