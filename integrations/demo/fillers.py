"""The invented names, products and dates that are filled into the dialogues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

LONG_NAMES = (
    "Countess Philippa Wilhelmina Aurelia of Little Wimbleford-upon-the-Water, "
    "Department of Lost Umbrellas and Mislaid Parcels (second floor, please ring twice)",
    "Maximiliane-Theodora von und zu Hinterdupfingen-Oberfoppelsdorf geb. Musterfrau",
    "Example Community Cycling and Rambling Association, Branch Number Forty-Two",
)


@dataclass(frozen=True)
class Language:
    """The words of one language.

    rate: characters that a voice speaks in a second. dayparts: until 12, until 18,
    later.
    """

    code: str
    rate: float
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    products: tuple[str, ...]
    days: tuple[str, ...]
    times: tuple[str, ...]
    towns: tuple[str, ...]
    streets: tuple[str, ...]
    dayparts: tuple[str, str, str] = ("morning", "afternoon", "evening")
    family_name_first: bool = False


ENGLISH = Language(
    code="en",
    rate=15.0,
    first_names=(
        *("Ada", "Bertram", "Clementine", "Dexter", "Edwina", "Fergus", "Greta"),
        *("Horace", "Imogen", "Jasper", "Kestrel", "Lionel", "Marigold", "Nigel"),
        *("Odette", "Percy", "Quentin", "Rosalind", "Silas", "Tabitha", "Winona"),
    ),
    last_names=(
        *("Amblefoot", "Brindlewood", "Cobblestone", "Dapplegrove", "Eiderdown"),
        *("Fernsby", "Gooseberry", "Hollowell", "Inkpen", "Jollyman", "Larkin-Vale"),
        *("Merriweather", "Nettlebed", "Oakenshaw", "Pennyfeather", "Quillfeather"),
        *("Ramsbottle", "Silverlock", "Thistlewaite", "Underhill", "Wexcombe"),
    ),
    products=(
        *("trail lantern", "two-person tent", "rain jacket", "camping stove"),
        *("pannier bag", "sleeping mat", "bike helmet", "hiking pole set"),
        *("water filter", "gravel wheel", "child seat", "folding kayak"),
    ),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    times=("half past two", "four o'clock", "six", "noon", "a quarter to five"),
    towns=("Elmbury", "Port Larkin", "Saltwick", "Northmere", "Applegate"),
    streets=("Mill Lane 12", "Harbour Road 3", "Old Station Street 41", "Fern Way 7"),
)
GERMAN = Language(
    code="de",
    rate=15.0,
    first_names=("Adelheid", "Balduin", "Cosima", "Friedlinde", "Gundula", "Korbinian"),
    last_names=("Musterfrau", "Beispielhuber", "Fantasiewicz", "Wunderlich-Probe"),
    products=("den Regenmantel", "das Zweimannzelt", "den Campingkocher", "den Helm"),
    days=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    times=("halb drei", "vier Uhr", "sechs", "Mittag"),
    towns=("Elmburg", "Neu-Lerchenau", "Salzwiek"),
    streets=("Mühlgasse 12", "Am alten Bahnhof 41", "Lärchenweg 7"),
)
SPANISH = Language(
    code="es",
    rate=16.0,
    first_names=("Amapola", "Baltasar", "Clavelina", "Evaristo", "Leocadia", "Zenón"),
    last_names=("de la Fuente Inventada", "Ejemplo", "Quimera", "Sinapellido Muestra"),
    products=("la tienda de campaña", "el chubasquero", "el casco", "la linterna"),
    days=("lunes", "martes", "miércoles", "jueves", "viernes"),
    times=("dos y media", "cuatro", "seis", "doce"),
    towns=("Villa Alondra", "Puerto Olmo", "Salinas del Ejemplo"),
    streets=("Calle del Molino 12", "Paseo de la Alondra 7"),
)
ARABIC = Language(
    code="ar",
    rate=12.0,
    first_names=("ليلى", "سامر", "نور", "يوسف", "هالة", "عمر"),
    last_names=("المثال", "الخيالي", "النموذجي", "العيّنة"),
    products=("الخيمة", "المصباح", "الخوذة", "معطف المطر"),
    days=("الاثنين", "الثلاثاء", "الأربعاء", "الخميس"),
    times=("الثانية والنصف", "الرابعة", "السادسة"),
    towns=("وادي القنبرة", "ميناء الدردار"),
    streets=("شارع الطاحونة ١٢", "طريق الميناء ٣"),
)
JAPANESE = Language(
    code="ja",
    rate=7.0,
    first_names=("花子", "太郎", "見本", "ひばり"),
    last_names=("例田", "架空", "仮野", "見本山"),
    products=("テント", "レインジャケット", "ヘルメット", "ランタン"),
    days=("月曜日", "火曜日", "水曜日", "木曜日", "金曜日"),
    times=("二時半", "四時", "六時"),
    towns=("架空町", "ひばり市"),
    streets=("架空町一丁目十二番", "ひばり通り七番"),
    family_name_first=True,
)
LANGUAGES = {one.code: one for one in (ENGLISH, GERMAN, SPANISH, ARABIC, JAPANESE)}


def words(random: Random, language: Language, at: datetime) -> Mapping[str, str]:
    """Return the words of one session, by their name in the dialogues.

    at: its end, in the organization's time zone.
    """
    first, last = (
        random.choice(language.first_names),
        random.choice(language.last_names),
    )
    name = f"{last} {first}" if language.family_name_first else f"{first} {last}"
    product, product2 = random.sample(language.products, 2)
    amount = random.choice((14.9, 24.5, 39.0, 49.9, 79.95, 129.0, 249.0))
    daypart = language.dayparts[0 if at.hour < 12 else 1 if at.hour < 18 else 2]
    appointment = _working_day(at + timedelta(days=random.randint(2, 6)))
    return {
        "first": first,
        "last": last,
        "name": name,
        "number": f"+1555{random.randint(100, 199):04d}",
        "email": f"customer{random.randint(10, 999)}@example.com",
        "product": product,
        "product2": product2,
        "order": f"LO-{random.randint(20_000, 89_999)}",
        "order2": f"LO-{random.randint(90_000, 99_999)}",
        "wrong_order": f"{random.randint(4_000_000, 4_999_999)}",
        "invoice": f"INV-{random.randint(1_000, 9_999)}",
        "short": f"{random.randint(1_000, 9_999)}",
        "amount": f"${amount:.2f}",
        "amount_number": f"{amount:.2f}",
        "day": random.choice(language.days),
        "time": random.choice(language.times),
        "daytime": daypart,
        "town": random.choice(language.towns),
        "street": random.choice(language.streets),
        "score": random.choice(("four", "six", "seven", "eight", "nine", "ten")),
        "slot_date": f"{appointment:%Y-%m-%d}",
        "later_date": f"{_working_day(appointment + timedelta(days=7)):%Y-%m-%d}",
    }


def _working_day(day: datetime) -> datetime:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
