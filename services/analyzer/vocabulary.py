"""The words by which text and labels of shops are told from others, in the languages that most signs are
written in. General words only, no names."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(listed: str) -> frozenset[str]:
    return frozenset(" ".join(one.split()) for one in listed.split("|"))


def _alternatives(listed: str) -> str:
    """Phrases, parted by bars, as alternatives of a regular expression, the longest first."""
    return "|".join(map(re.escape, sorted(_phrases(listed), key=len, reverse=True)))


# Trades: a sign that says nothing else is not yet a name.
TRADES = _words(
    """
    bakery bakers cafe café coffee restaurant bar grill pizza pizzeria pharmacy chemist drugs market
    supermarket minimarket grocery deli diner bistro pub books bookstore bookshop hardware florist flowers
    shoes clothing fashion jewelers jewellers jewelry jewellery barber barbers barbershop salon beauty nails
    laundry laundromat cleaners dental dentist clinic optician opticians optical bank hotel motel gym fitness
    auto motors garage tires tyres tailor tailors toys pets electronics furniture butcher butchers liquor
    wine wines spirits tea house kitchen food foods shop store hair spa and & the of
    bäckerei konditorei metzgerei fleischerei apotheke friseur friseursalon gasthaus gasthof buchhandlung
    blumen getränke drogerie optik schuhe mode juwelier tankstelle imbiss werkstatt
    boulangerie pâtisserie patisserie boucherie charcuterie fromagerie épicerie pharmacie librairie coiffeur
    coiffure fleuriste brasserie bistrot tabac opticien bijouterie pressing hôtel auberge poissonnerie
    panadería pastelería carnicería frutería farmacia librería peluquería floristería ferretería papelería
    zapatería joyería óptica restaurante tienda taquería supermercado cafetería mercado
    panificio pasticceria macelleria alimentari libreria parrucchiere fiorista ferramenta gelateria trattoria
    osteria ristorante enoteca ottica gioielleria tabacchi cartoleria
    padaria confeitaria farmácia livraria mercearia talho sapataria cabeleireiro lanchonete
    bakkerij slagerij apotheek kapper bloemen slijterij boekhandel
    piekarnia cukiernia apteka księgarnia kwiaciarnia sklep restauracja kawiarnia fryzjer
    eczane fırın kasap kuaför kitabevi lokanta market bageri apotek frisör blommor
    аптека кафе ресторан магазин продукты цветы пекарня хлеб книги парикмахерская столовая
    φαρμακείο αρτοποιείο καφενείο ταβέρνα εστιατόριο βιβλιοπωλείο ανθοπωλείο
    药店 薬局 超市 食堂 饭店 飯店 餐厅 餐廳 书店 書店 花店 パン屋 カフェ レストラン
    """
)

# A line that begins with one of these, or ends with one of these or of the articles, is not the whole name.
JOINING = _words("& + and und et y e i og och en ve of de du des del della dei di do da von vom van")
ARTICLES = _words("the le la les l' el los las il lo gli der die das den dem zum zur het au aux chez bei")

# Labels of Cloud Vision, by word.
STORE_LABELS = _words(
    """
    store storefront shop shopping retail restaurant cafe café coffeehouse bakery pharmacy
    supermarket boutique marketplace bistro diner pub salon barbershop grocery convenience bookstore
    bookselling florist delicatessen kiosk pizzeria drugstore bazaar
    """
)
DOCUMENT_LABELS = _words("document paper letter publication handwriting newspaper book screenshot software")
RECEIPT_LABELS = _words("receipt invoice")
MENU_LABELS = _words("menu")
CHART_LABELS = _words("chart diagram plot graph map")
# Whole labels: signs that name nobody.
OTHER_LABELS = frozenset(
    ("traffic sign", "street sign", "road sign", "stop sign", "vehicle registration plate", "license plate")
)
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
    wa.me t.me pinterest.com threads.net vk.com ok.ru weibo.com line.me
    """
)
# A name with a dot is an address without "www." only under an ending that shops use ("St.John" is none).
WEB_ENDINGS = _words(
    """
    com net org info biz shop store online site app cafe restaurant bar pizza coffee example
    рф бел укр ελ
    """
)
COUNTRY_ENDINGS = _words(
    """
    ae am ar at au be bg br by ca ch cl cn co cz de dk ee es eu fi fr ge gr hk hr hu id ie il in io is it jp
    kr kz lt lu lv ma md me mt mx my nl no nz pe ph pk pl pt qa ro rs ru sa se sg si sk th tn tr tw ua uk us
    uy vn za
    """
)

# What stands before a phone number. Of two lists, the first may end in the middle of a word.
PHONE_WORDS = _alternatives(
    "tel|telephone|phone|ph|call|call us|mobile|cell|text us|whatsapp|fon|telefon|handy|ruf|tél"
    "|téléphone|appel"
    "|portable|teléfono|telefono|tlf|llámanos|móvil|cellulare|chiama|telefone|ligue|celular|bel|gsm|kom"
    "|mob|puh|тел|телефон|звоните|моб|τηλ|τηλέφωνο|κιν|هاتف|جوال|طלפון|טל|נייד"
)
PHONE_SIGNS = _alternatives("電話|电话|お電話|訂座|订座|热线|熱線|手机|전화|โทร|☎|✆|📞|📱")

_LONG_DAYS = """
    monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|tuesdays|wednesdays|thursdays|fridays
    |saturdays|sundays|weekdays|weekends|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun
    |montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|werktags|feiertags
    |lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mer|jeu|ven|sam|dim
    |lunes|martes|miércoles|jueves|viernes|sábado|sábados|domingo|domingos|mié|jue|vie|sáb|dom
    |lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|gio|sab|festivi
    |segunda|terça|quarta|quinta|sexta|seg|ter|qua|qui|sex
    |maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag
    |poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|pon|czw|pią|sob|niedz
    |pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar|måndag|fredag|lördag|söndag|mån|fre|lör|sön
    |понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|δευτέρα|παρασκευή|σάββατο
    |κυριακή|δευ|παρ|σαβ
    """
_SHORT_DAYS = (
    "mo|di|mi|do|fr|sa|so|lu|ma|me|je|ve|lun|mar|gi|pn|wt|śr|cz|pt|nd|пн|вт|ср|чт|пт|сб|вс|ma|wo|vr|za|zo"
    "|må|ti|on|to|fre|sø|lø"
)
DAYS = _alternatives(_LONG_DAYS)
ANY_DAYS = _alternatives(_LONG_DAYS + "|" + _SHORT_DAYS)
CJK_HOURS = _alternatives(
    "営業|定休|年中無休|时间|時間|周一|周日|星期|月曜|土曜|日曜|平日|每天|毎日|영업|연중무휴"
)

_OPEN = (
    "open|closed|opening hours|geöffnet|geschlossen|öffnungszeiten|ruhetag|ouvert|fermé|horaires"
    "|abierto|cerrado"
    "|horario|aperto|chiuso|orari|orario|aberto|fechado|horário|geopend|gesloten|openingstijden"
    "|otwarte|czynne"
    "|zamknięte|godziny otwarcia|açık|kapalı|öppet|stängt|åbent|открыто|закрыто|часы работы"
    "|режим работы|ανοιχτά"
    "|ωράριο"
)
OPEN_WORDS = _alternatives(_OPEN)
_ALL_DAYS = (
    "daily|7 days|7 days a week|24/7|24 hours|24 hrs|24 h|täglich|tous les jours|7j/7"
    "|todos los días|todos os dias"
    "|tutti i giorni|dagelijks|codziennie|her gün|ежедневно|круглосуточно|καθημερινά"
)
ALL_DAYS = _alternatives(_ALL_DAYS)
# A line without one of these and without a digit says no hours.
HOURS_HINTS = frozenset("|".join((_LONG_DAYS, _SHORT_DAYS, _OPEN, _ALL_DAYS)).replace("|", " ").split())
SINCE = _alternatives(
    "since|family owned since|family-owned since|family run since|family-run since|family business since"
    "|serving you since|in business since|made since|serving since"
    "|in familienbesitz seit|familienbetrieb seit|est|est.|estd|estd.|established|established in|founded"
    "|founded in|seit|gegr|gegr.|gegründet"
    "|depuis|fondé en|fondée en|maison fondée en|desde|fundado en|fundada en|fundada em"
    "|dal|dal lontano"
    "|fondato nel|fondata nel|sinds|sedan|siden|od|od roku|с|основано в|από το"
)
SLOGAN_STARTS = _phrases(
    "since|est|est.|estd|established|serving|family owned|family-owned|locally owned|proudly|we|you"
    "|your|our|for all"
    "|everything for|wir|ihr|ihre|unser|unsere|alles für|nous|notre|nos|votre|vos|tout pour|nuestro"
    "|nuestra"
    "|nuestros|tu|todo para|il tuo|la tua|i nostri|la nostra|tutto per|o seu|a sua|tudo para|uw"
    "|alles voor|twój"
    "|nasze|wszystko dla|мы|ваш|ваша|наши|всё для|все для"
)
NOTICES = _phrases(
    "open|closed|we're open|we are open|now open|yes we're open|yes, we're open|yes, we are open"
    "|sorry, we're closed"
    "|sorry we're closed|come in, we're open|come in we're open|closed for lunch|back soon|opening"
    "|grand opening"
    "|sale|big sale|final sale|super sale|clearance|welcome|entrance|exit|way in|way out|push|pull"
    "|parking"
    "|no parking|customer parking|free parking|atm|wifi|wi-fi|free wifi|free wi-fi|menu|for sale|for rent"
    "|for lease|to let|no smoking|stop|tel|phone|call|call us|call now|call today|fax|email|e-mail"
    "|mail|web|www"
    "|hours|opening hours|business hours|visit us|follow us|find us|order online|book online"
    "|book now|contact"
    "|contact us|address|toilets|restrooms|no entry|one way|private|caution|warning|danger"
    "|attention|delivery"
    "|take away|takeaway|take out|takeout|drive thru|new|offer|special offer|cash only"
    "|geöffnet|geschlossen|wir haben geöffnet|öffnungszeiten|ruhetag|willkommen|herzlich willkommen"
    "|eingang|ausgang"
    "|ziehen|drücken|angebot|ausverkauf|räumungsverkauf|zu vermieten|zu verkaufen|parken verboten"
    "|einfahrt freihalten"
    "|rauchen verboten|speisekarte|neueröffnung|mittagstisch"
    "|ouvert|fermé|horaires|horaires d'ouverture|bienvenue|entrée|sortie|poussez|tirez|pousser"
    "|tirer|soldes"
    "|liquidation|à louer|à vendre|défense de fumer|stationnement interdit|carte|plat du jour|livraison"
    "|abierto|cerrado|horario|bienvenidos|bienvenido|entrada|salida|empuje|tire|rebajas|oferta"
    "|ofertas|se alquila"
    "|se vende|prohibido fumar|prohibido aparcar|alto|liquidación"
    "|aperto|chiuso|orario|orari|orario di apertura|benvenuti|ingresso|uscita|spingere|tirare|saldi"
    "|affittasi"
    "|vendesi|vietato fumare|divieto di sosta"
    "|aberto|fechado|horário|bem-vindo|bem-vindos|saída|empurre|puxe|promoção|aluga-se|vende-se"
    "|proibido fumar"
    "|geopend|gesloten|openingstijden|welkom|ingang|uitgang|duwen|trekken|uitverkoop|te huur|te koop"
    "|otwarte|zamknięte|godziny otwarcia|witamy|wejście|wyjście|pchać|ciągnąć|wyprzedaż|promocja"
    "|açık|kapalı|hoş geldiniz|giriş|çıkış|itiniz|çekiniz|indirim|öppet|stängt|rea|ingång|utgång"
    "|открыто|закрыто|добро пожаловать|вход|выход|от себя|на себя|распродажа|скидки|аренда|часы работы"
    "|режим работы|тел|телефон|ανοιχτά|κλειστά|είσοδος|έξοδος|εκπτώσεις|τηλ|ωράριο"
    "|営業中|準備中|営業時間|定休日|年中無休|入口|出口|押|引|駐車場|駐車禁止|禁煙|営业中|营业中|营业时间|欢迎光临"
    "|歡迎光臨|推|拉|停车场|禁止停车|禁止吸烟|电话|電話|영업중|입구|출구|주차장|مفتوح|مغلق|פתוח|סגור"
    "|telefon|téléphone|tél|teléfono|telefono|telefone|adresse|dirección|indirizzo|endereço"
    "|internet|online"
)
# Before or after a number they make a line an address.
STREETS = _alternatives(
    "st|street|ave|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|way|hwy|highway|pl|place|sq"
    "|square|ct|court|pkwy"
    "|suite|floor|rue|quai|impasse|chemin|allée|route de|cours"
)
STREET_STARTS = _alternatives(
    "rue|avenue|boulevard|place|quai|calle|c/|avenida|av.|avda.|plaza|paseo|carrer|via|viale|piazza"
    "|corso|vicolo"
    "|largo|rua|travessa|praça|ul.|ulica|al.|plac|улица|ул.|проспект|пр.|пр-т|οδός|λεωφόρος"
)
STREET_ENDS = _alternatives(
    "straße|strasse|str.|str|gasse|platz|weg|allee|ufer|damm|straat|laan|plein|gracht|gatan|vägen"
    "|gade|vej"
    "|caddesi|cad.|sokak|sok.|ulica"
)

SUMS = _alternatives(
    "subtotal|sub-total|sub total|total|tax|vat|change|cash|amount due|balance|receipt|invoice"
    "|summe|gesamt|mwst"
    "|zwischensumme|rechnung|quittung|beleg|kassenbon|betrag|tva|ttc|sous-total|montant|facture"
    "|ticket|iva|importe"
    "|factura|totale|scontrino|fattura|resto|troco|btw|totaal|bon|suma|razem|paragon|toplam|kdv|fiş"
    "|moms|summa"
    "|итого|чек|ндс|сумма|σύνολο|φπα|απόδειξη"
)
CJK_SUMS = _alternatives("合計|小計|合计|总计|找零|お釣|釣銭|領収|收据|税込")
