"""The words by which text and labels of shops are told from others. General words only, no names."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Trades: a sign that says nothing else is not yet a name.
TRADES = _words(
    """
    bakery cafe café coffee restaurant bar grill pizza pizzeria pharmacy drugs market supermarket
    grocery deli diner bistro pub books bookstore bookshop hardware florist flowers shoes clothing
    fashion jewelers jewellers jewelry barber barbers barbershop salon beauty nails laundry
    laundromat cleaners dental dentist clinic optician optical bank hotel motel gym fitness auto
    motors garage tires tailor tailors toys pets electronics furniture butcher liquor wine spirits
    tea house kitchen food foods shop store hair spa and & the of
    """
)

# Labels of Cloud Vision, by word.
STORE_LABELS = _words(
    """
    store storefront shop shopping retail restaurant cafe café coffeehouse bakery pharmacy
    supermarket boutique marketplace bistro diner pub salon barbershop grocery convenience bookstore
    bookselling florist delicatessen kiosk pizzeria drugstore bazaar
    """
)
DOCUMENT_LABELS = _words("document paper letter publication handwriting newspaper")
RECEIPT_LABELS = _words("receipt invoice")
CHART_LABELS = _words("chart diagram plot graph")
# A painted sign gets these as well as a poster or a page: then its text decides.
UNDECIDED_LABELS = _words(
    """
    sign signage font text logo brand banner billboard advertising neon facade building window
    awning graphics typography display rectangle
    """
)

SOCIAL_HOSTS = _words(
    """
    facebook.com fb.com fb.me instagram.com tiktok.com twitter.com x.com youtube.com linkedin.com
    wa.me t.me pinterest.com threads.net
    """
)
# A name with a dot is an address without "www." only under an ending that shops use ("St.John" is none).
WEB_ENDINGS = _words(
    "com net org info biz shop store online site app cafe restaurant bar pizza coffee example"
)
COUNTRY_ENDINGS = _words(
    """
    at au be br ca ch cl cn co cz de dk es eu fi fr gr hk hu ie il in io it jp kr me mx my nl no nz
    ph pl pt ro ru se sg th tr tw ua uk us vn za
    """
)
