"""What generated apps are about: categories, each with themes of their own words and appeal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """`appeal` multiplies the category's rate of clicks per impression."""

    appeal: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    category: str
    click_rate: float
    features: tuple[str, ...]
    themes: tuple[Theme, ...]


def _theme(appeal: float, words: str) -> Theme:
    return Theme(appeal, _words(words))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


KINDS = (
    Kind(
        "Games",
        0.042,
        ("leaderboard", "multiplayer", "offline play", "daily rewards"),
        (
            _theme(1.4, "puzzle match candy jewel swap level combo gem blast sweet"),
            _theme(0.8, "racing drift turbo track nitro garage speed lap rally driver"),
            _theme(1.0, "castle kingdom clash army siege troop hero legend sword quest"),
            _theme(0.6, "chess board checkers strategy opponent move opening tactic rating club"),
        ),
    ),
    Kind(
        "Finance",
        0.011,
        ("bank sync", "budget alerts", "export", "face unlock"),
        (
            _theme(1.0, "budget spending envelope savings expense category monthly goal bill plan"),
            _theme(1.6, "stocks portfolio market trading chart dividend ticker invest fund quote"),
            _theme(0.7, "currency exchange rate converter travel cash euro dollar transfer fee"),
        ),
    ),
    Kind(
        "Health & Fitness",
        0.024,
        ("reminders", "wearable sync", "coach", "progress charts"),
        (
            _theme(1.2, "workout strength training reps gym muscle exercise coach set barbell"),
            _theme(0.9, "sleep meditation calm breathe relax mindful stress sound night rest"),
            _theme(1.0, "running pace distance route marathon cadence split interval jog trail"),
            _theme(0.7, "diet calorie meal nutrition protein recipe weight water fasting log"),
        ),
    ),
    Kind(
        "Education",
        0.016,
        ("offline lessons", "quizzes", "progress charts", "parental control"),
        (
            _theme(
                1.1, "language vocabulary grammar phrase speak lesson accent fluent verb flashcard"
            ),
            _theme(
                0.8, "math algebra equation geometry number fraction solve practice calculus step"
            ),
            _theme(1.3, "kids alphabet shapes colours animal learn toddler story counting song"),
        ),
    ),
    Kind(
        "Photo & Video",
        0.031,
        ("filters", "cloud backup", "templates", "watermark free"),
        (
            _theme(1.3, "selfie beauty filter portrait retouch skin makeup glow camera smile"),
            _theme(1.0, "video editor clip transition timeline cut music subtitle render export"),
            _theme(
                0.7, "raw exposure lens shutter histogram aperture film grain negative darkroom"
            ),
        ),
    ),
    Kind(
        "Productivity",
        0.013,
        ("widgets", "calendar sync", "sharing", "dark mode"),
        (
            _theme(1.0, "task list reminder project deadline priority checklist plan focus inbox"),
            _theme(
                0.8, "note notebook sketch handwriting page markdown tag search outline journal"
            ),
            _theme(1.2, "scan document pdf signature page receipt text recognition folder archive"),
        ),
    ),
    Kind(
        "Social Networking",
        0.036,
        ("groups", "video calls", "stories", "private messages"),
        (
            _theme(1.2, "chat friends message group sticker call share status voice emoji"),
            _theme(1.5, "dating match profile nearby meet single swipe romance date spark"),
            _theme(
                0.7, "neighbours community local event forum volunteer club topic question help"
            ),
        ),
    ),
    Kind(
        "Travel",
        0.019,
        ("offline maps", "price alerts", "tickets", "trip sharing"),
        (
            _theme(1.2, "flight airline fare boarding airport gate layover seat delay booking"),
            _theme(1.0, "hotel room stay guest booking hostel resort check night review"),
            _theme(0.7, "hiking trail map summit camping gps elevation park backpack route"),
        ),
    ),
    Kind(
        "Music",
        0.027,
        ("offline play", "lyrics", "equaliser", "sleep timer"),
        (
            _theme(1.2, "stream playlist song artist album radio discover chart listen track"),
            _theme(0.8, "guitar chord tuner strum tab string metronome practice scale riff"),
            _theme(1.0, "beat mixer loop sampler synth bass drum studio producer remix"),
        ),
    ),
    Kind(
        "Weather",
        0.022,
        ("widgets", "severe alerts", "radar", "wearable sync"),
        (
            _theme(
                1.1, "forecast temperature hourly rain humidity wind sunrise cloud degree daily"
            ),
            _theme(
                0.9, "radar storm lightning hurricane alert warning tornado satellite cell track"
            ),
        ),
    ),
)
REGIONS = ("APAC", "EU", "LATAM", "MEA", "US")
LEADING = _words("Pocket Bright Simple Daily Swift Happy Smart Tiny Super Clever Open Quiet Blue")
CLOSING = _words("Studio Hub Mate Lab Go Plus Pro Box Club World Zone Time Now Buddy")
SENTENCES = (
    "{0} and {1} in one place, with {2} whenever you need it.",
    "Keep every {0} close, plan the next {1} and never miss a {2}.",
    "Made for people who love {0}: {1}, {2} and {3} at a tap.",
    "Follow your {0} from the first {1} to the last {2}.",
    "New this month: {0} with {1}, a faster {2} and more {3}.",
    "Share a {0}, compare a {1} and find a better {2}.",
)
