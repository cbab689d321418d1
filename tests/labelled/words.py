"""What the signs of the set are made of, a language each: names, and what else is painted beside them. Names
are drawn from these parts, so no program can know them."""

from dataclasses import dataclass


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


@dataclass(frozen=True)
class Language:
    """`names` are patterns over the parts `a` and `b`. `region` is where the numbers are dialled from.
    `faces`: those that have the script. `weight`: how many of the set's shops."""

    region: str
    weight: int
    names: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    hours: tuple[str, ...]
    slogans: tuple[str, ...]
    since: tuple[str, ...]
    phone: tuple[str, ...]
    street: tuple[str, ...]
    faces: tuple[str, ...] = ("condensed", "sans", "serif", "slab", "caps", "script")


LANGUAGES = {
    "en": Language(
        "US",
        44,
        _split("{a}'s {b}|{a} & {b} Supply|The {b} {a}|{a} {b} Co.|Café {a} {b}|{a} Brothers {b}|{a} {b}"),
        _split(
            "Hattie|Quincy|Delgado|Marlow|Winslow|Bramble|Juniper|Thackeray|Oleander|Pruitt|Calloway|Ferris"
        ),
        _split(
            "Larder|Spindle|Thimble|Hearth|Barnacle|Tannery|Orchard|Compass|Pantry|Loom|Anvil|Haberdashery"
        ),
        _split(
            "Mon-Fri 9:00 - 18:00|Open daily 7am - 10pm|Tue-Sat 10-6|OPEN 24 HOURS|Mon - Sat: 8.30am to 5pm"
        ),
        _split(
            "Fresh every morning|Your friendly corner store|Good food, good mood|Quality you can trust"
            "|Made by hand, made to last|Always open for you!|We care about your feet"
        ),
        _split("Since 1954|Est. 1987|Family owned since 1921"),
        _split("{}|Tel. {}|Call {}|Phone: {}|Ph {}"),
        _split("1420 Main Street|77 Harbor Blvd|Springfield, IL 62704"),
    ),
    "gb": Language(
        "GB",
        24,
        _split("{a} & {b}|The {a} and {b}|{a} {b} Ltd|{b} of {a}|Old {a} {b}"),
        _split("Heron|Pemberton|Thistle|Wren|Badger|Cotswold|Ashby|Puddle|Kingsley|Lark"),
        _split("Plough|Saddlers|Tearoom|Chandlery|Crumpet|Outfitters|Ironmongers|Bramley|Kettlewell"),
        _split("Mon - Sat 9.00 - 17.30|Open 7 days a week|Sunday closed"),
        _split("Purveyors of fine cheese|Repairs while you wait|Something for everyone"),
        _split("Established 1898|Est. 1932"),
        _split("{}|Tel: {}|T: {}"),
        _split("12 High Street|4 Mill Lane"),
    ),
    "de": Language(
        "DE",
        28,
        _split("Bäckerei {a}|{a} & Söhne|Zum {b}|Blumenhaus {a}|{a}s {b}|Café {a}|Metzgerei {a} & {b}"),
        _split(
            "Hölderlin|Kranzmeier|Öttinger|Vogelsang|Brückner|Sterneck|Weißhaupt|Lüders|Fassbender|Niemöller"
        ),
        _split("Goldenen Hirschen|Alten Mühle|Wirtshaus|Krämerladen|Grünen Baum|Lädchen|Stübchen"),
        _split("Mo-Fr 8:00-18:30 Uhr|täglich geöffnet|Mo - Sa 9-19 Uhr|Sonntag Ruhetag|Di-So 11.30 - 22.00"),
        _split(
            "Wir backen noch selbst|Ihr Fachgeschäft am Markt|Qualität aus Tradition"
            "|Alles für Haus und Garten"
        ),
        _split("seit 1893|gegr. 1921|Seit 1958"),
        _split("{}|Tel. {}|Telefon: {}|Fon {}"),
        _split("Hauptstraße 12|Marktplatz 3|10115 Berlin"),
    ),
    "fr": Language(
        "FR",
        22,
        _split("Boulangerie {a}|Chez {a}|Le {b} de {a}|La Maison {a}|{a} & Fils|Au {b} Doré"),
        _split("Dubreuil|Marguerite|Lefèvre|Honoré|Béatrice|Chauvin|Rémi|Tissot|Hélène|Garance"),
        _split("Panier|Fournil|Comptoir|Jardin|Moulin|Atelier|Coquelicot|Pavé"),
        _split("Lun-Sam 9h-19h|Ouvert tous les jours|Fermé le lundi|du mardi au samedi 9h00 - 18h30"),
        _split(
            "Votre fromager de quartier|Fait maison chaque jour|Le bon pain, tout simplement"
            "|Nos fleurs, votre sourire"
        ),
        _split("depuis 1967|Depuis 1924|Maison fondée en 1889"),
        _split("{}|Tél. {}|Tél : {}"),
        _split("12 rue de la Paix|75002 Paris"),
    ),
    "es": Language(
        "ES",
        20,
        _split("Panadería {a}|Casa {a}|El {b} de {a}|La {b}|{a} e Hijos|Taberna {a}"),
        _split("Quiñones|Aránzazu|Belmonte|Íñigo|Peñalver|Zurbano|Candelas|Jiménez"),
        _split("Rincón|Fogón|Espiga|Ría|Golondrina|Alcachofa|Botica"),
        _split("Lunes a viernes 9:00 - 20:00|Abierto todos los días|Domingo cerrado|Lun-Sáb 10:00-14:00"),
        _split("Todo para su hogar|El sabor de siempre|Nuestra tradición, su mesa"),
        _split("desde 1949|Desde 1972"),
        _split("{}|Tel. {}|Teléfono {}"),
        _split("Calle Mayor 5|Plaza Nueva 2"),
    ),
    "it": Language(
        "IT",
        18,
        _split("Trattoria {a}|Da {a}|Antica {b}|Pasticceria {a}|{b} del Borgo|Osteria {a}"),
        _split("Beppe|Ginevra|Morandini|Zaccaria|Nicolò|Ferrante|Assunta|Pellegrini"),
        _split("Bottega|Spezieria|Norcineria|Legatoria|Cantina|Erboristeria"),
        _split("Lun-Ven 8:30 - 19:00|Aperto tutti i giorni|Chiuso il lunedì|mar - dom 12:00-15:00"),
        _split("I nostri dolci, la vostra festa|Tutto per la casa|Pane fresco, ogni mattina"),
        _split("dal 1938|Dal 1975"),
        _split("{}|Tel. {}|Telefono {}"),
        _split("Via Roma 3|Piazza Garibaldi 7"),
    ),
    "pt": Language(
        "BR",
        12,
        _split("Padaria {a}|Casa {a}|{b} da {a}|Empório {a}"),
        _split("Conceição|Araújo|Guimarães|Beatriz|Brandão|Inês"),
        _split("Cantinho|Armazém|Quitanda|Sabores"),
        _split("Seg-Sex 8h - 18h|Aberto todos os dias|Fechado aos domingos"),
        _split("O melhor pão da cidade, sempre|Tudo para sua festa"),
        _split("desde 1961|Desde 1983"),
        _split("{}|Tel. {}|Fone: {}"),
        _split("Rua das Flores 21|Avenida Brasil 500"),
    ),
    "nl": Language(
        "NL",
        10,
        _split("Bakkerij {a}|{a} Wonen|'t {b}|De {b}|Slagerij {a}"),
        _split("Verhoeven|Hoogland|Dijkstra|Ruijter|Kuipers"),
        _split("Gouden Leeuw|Zonnebloem|Hoekje|Winkeltje|Vier Jaargetijden"),
        _split("ma-za 9:00 - 18:00|dagelijks geopend|zondag gesloten"),
        _split("Alles voor de fiets|Vers van het land, elke dag"),
        _split("sinds 1936|Sinds 1978"),
        _split("{}|Tel. {}"),
        _split("Dorpsstraat 9|Kerkplein 4"),
    ),
    "pl": Language(
        "PL",
        10,
        _split("Piekarnia {a}|U {a}|Pod {b}|Księgarnia {a}|{a} i Synowie"),
        _split("Wiśniewskiego|Dąbrowska|Żurek|Świętek|Łukasza|Grzybowska"),
        _split("Złotym Lwem|Zielonym Smokiem|Starym Dębem"),
        _split("pn-pt 8:00-18:00|codziennie 10:00 - 20:00|niedziela nieczynne"),
        _split("Wszystko dla domu|Nasze ciasta, twój uśmiech"),
        _split("od 1956|Od 1990"),
        _split("{}|tel. {}"),
        _split("ul. Długa 14|al. Róż 3"),
    ),
    "tr": Language(
        "TR",
        8,
        _split("{a} Lokantası|{a} Kuruyemiş|{b} Köşesi|Tatlıcı {a}"),
        _split("Gülşen|Ertuğrul|Çağlar|İlhan|Özlem"),
        _split("Mangal|Şirin|Balık|Kahve"),
        _split("Her gün 08:00 - 23:00|Pazar kapalı"),
        _split("Lezzetin adresi, yıllardır|Sizin için, her gün taze"),
        _split("Since 1974|Est. 1968"),
        _split("{}|Tel: {}"),
        _split("Bağdat Caddesi 41|İnönü Sokak 7"),
    ),
    "sv": Language(
        "SE",
        6,
        _split("{a}s Konditori|Hos {a}|{b} på Torget"),
        _split("Söderberg|Åkerlund|Björk|Märta"),
        _split("Garnboden|Skafferiet|Hörnan"),
        _split("Mån-Fre 10-18|Öppet alla dagar 9-20"),
        _split("Nybakat varje dag, hela året|Vi har allt för hunden!"),
        _split("sedan 1947|Sedan 1911"),
        _split("{}|Tel. {}|Tel {}"),
        _split("Storgatan 12|Kungsvägen 5"),
    ),
    "el": Language(
        "GR",
        4,
        _split("Ταβέρνα {a}|{b} {a}"),
        _split("Αριάδνη|Θεόφιλος|Μυρτώ"),
        _split("Παντοπωλείο|Ζαχαροπλαστείο"),
        _split("Δευ-Παρ 9:00-21:00|Ανοιχτά καθημερινά"),
        _split("Ποιότητα, πάντα φρέσκα"),
        _split("από το 1969"),
        _split("{}|Τηλ. {}"),
        _split("Οδός Ερμού 8"),
        ("slab",),
    ),
    "ru": Language(
        "RU",
        6,
        _split("Пекарня {a}|{b} у {a}|Дом {a}"),
        _split("Матвея|Варвары|Зои"),
        _split("Самовар|Чайная|Лавка"),
        _split("пн-пт 9:00-20:00|Открыто ежедневно"),
        _split("Всё для дома|Вкусно, как дома"),
        _split("с 1992"),
        _split("{}|тел. {}"),
        _split("ул. Садовая 14"),
        ("condensed", "sans", "slab"),
    ),
    "zh": Language(
        "CN",
        10,
        _split("{a}{b}|老{a}{b}|{a}记{b}"),
        _split("福源|春晓|云海|锦绣|长乐|梅香"),
        _split("面馆|茶庄|小吃店|火锅|烤鸭店|书屋"),
        _split("营业时间 9:00-21:00|周一至周日 10:00 - 22:00"),
        _split("欢迎光临"),
        _split("始于1956"),
        _split("{}|电话 {}|电话：{}"),
        _split("中山路18号|人民路120号"),
        ("east",),
    ),
    "ja": Language(
        "JP",
        10,
        _split("{a}{b}|{b}{a}|{a}や"),
        _split("さくら|山吹|たけのこ|花水木|あさひ|まつば"),
        _split("食堂|珈琲店|パン工房|寿司|そば処|古書店"),
        _split("営業時間 10:00〜20:00|定休日 水曜日|年中無休"),
        _split("いらっしゃいませ"),
        _split("創業1931"),
        _split("{}|TEL {}|電話 {}"),
        _split("本町3丁目5"),
        ("east",),
    ),
}

LETTER = {
    "en": _split(
        "Dear Mrs. Holloway,|thank you for the minutes of our last meeting in the town hall"
        "|we have read them with"
        " great interest and agree with most points"
        "|but would like to add a few words on the new bicycle path|"
        "which was discussed at length before the members voted"
        "|please send us the revised plan until the end of May"
        "|Yours faithfully,|The committee of the society"
    ),
    "de": _split(
        "Sehr geehrte Frau Albrecht,|vielen Dank für Ihr Schreiben vom dritten März dieses Jahres"
        "|wir haben Ihren"
        " Antrag geprüft und können ihm zustimmen"
        "|bitte senden Sie uns die unterschriebenen Unterlagen zurück|"
        "die Frist endet mit dem letzten Tag des kommenden Monats"
        "|für Rückfragen stehen wir Ihnen jederzeit zur Seite"
        "|Mit freundlichen Grüßen|Die Verwaltung"
    ),
    "fr": _split(
        "Madame, Monsieur,|nous avons bien reçu votre demande du mois dernier"
        "|et nous vous remercions de l'intérêt"
        " que vous nous portez|le dossier sera étudié par la commission au printemps"
        "|une réponse vous parviendra avant"
        " la fin du trimestre|nous restons à votre entière disposition pour la suite"
        "|Veuillez agréer nos salutations"
    ),
    "es": _split(
        "Estimados vecinos,|les informamos de que la reunión anual se celebrará pronto"
        "|en el salón de actos del edificio"
        " como todos los años|rogamos que envíen sus propuestas antes del verano"
        "|para que puedan incluirse en el orden"
        " del día previsto|un saludo muy cordial de parte de la junta|La presidenta"
    ),
}
RECEIPTS = {
    "en": (
        "CASH RECEIPT",
        "Thank you",
        "Subtotal",
        "TOTAL",
        "VAT 20%",
        _split("Oat milk|Rye bread|Apples|Olive oil|Tomatoes|Soap|Candles"),
    ),
    "de": (
        "Quittung",
        "Vielen Dank",
        "Zwischensumme",
        "SUMME",
        "MwSt 7%",
        _split("Brötchen|Butter|Käse|Äpfel|Honig|Seife"),
    ),
    "fr": (
        "TICKET",
        "Merci et à bientôt",
        "Sous-total",
        "TOTAL",
        "TVA 5,5%",
        _split("Pain|Beurre|Fromage|Pommes|Miel|Savon"),
    ),
    "es": (
        "Factura",
        "Gracias por su visita",
        "Subtotal",
        "TOTAL",
        "IVA 10%",
        _split("Pan|Queso|Tomates|Miel|Aceite|Jabón"),
    ),
}
MENUS = {
    "en": (
        "MENU",
        _split("Soup of the day|Grilled trout|Mushroom pie|Roast lamb|Garden salad|Lemon tart|Cheese plate"),
    ),
    "de": (
        "Speisekarte",
        _split("Tagessuppe|Forelle|Pilzpfanne|Schweinebraten|Salat|Apfelstrudel|Käseteller"),
    ),
    "it": ("Menù", _split("Minestrone|Risotto|Lasagne|Saltimbocca|Insalata|Tiramisù|Formaggi")),
}
# Signs that name nobody.
NOTICES = _split(
    "STOP|EXIT|NO PARKING|Entrance|ONE WAY|Ausgang|Sortie|SALIDA|FOR RENT|Zu vermieten|À louer|No smoking"
    "|PUSH|Privat|CAUTION|Eingang|Se vende|Affittasi|禁止停车|出口|Push"
)
TICKS = _split("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep")
CHART_TITLES = _split("Visitors per month|Average rainfall|Umsatz pro Monat|Température moyenne|Energy use")
CAPTIONS = _split("Photo: M. Lindgren|IMG_2041|© 2024 J. Moreau|Foto: H. Baumann")
CODE = _split(
    "def total(rows):|    result = 0|    for row in rows:"
    "|        result += row.price * row.count|    return result"
    "|print(total(load('data.csv')))"
)
SLIDE = _split(
    "Next steps|collect the answers of all the members"
    "|compare them with the results of last year|write a summary"
    " for the board in June|present the plan to everybody in autumn|decide on the budget for the year"
)
