package polar

import "strings"

// currencies are what prices may be in. Source: PresentmentCurrency of
// Polar's OpenAPI document, 2026-08-20, in its order.
var currencies = strings.Fields(`
	aed all amd aoa ars aud awg azn bam bbd bdt bif bmd bnd bob brl bsd bwp bzd cad cdf chf clp cny cop
	crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
	inr isk jmd jpy kes kgs khr kmf krw kyd kzt lak lkr lrd lsl mad mdl mga mkd mnt mop mur mvr mwk mxn
	myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rwf sar sbd scr sek sgd shp
	sos srd szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar
	zmw`)

// countries may stand in a billing address. Source: the same document; Cuba, Iran, North Korea,
// Syria and Russia are left out there.
var countries = strings.Fields(`
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
	BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER
	ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU
	ID IE IL IM IN IO IQ IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV
	LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP
	NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RW SA SB SC SD SE SG SH SI SJ SK
	SL SM SN SO SR SS ST SV SX SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA
	VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`)

// states of the two countries whose states are checked.
var states = map[string][]string{
	"US": strings.Fields(`
	AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC
	ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC`),
	"CA": strings.Fields(`
	AB BC MB NB NL NS NT NU ON PE QC SK YT`),
}

// currencyMinimum is the smallest amount that can be charged, in minor units; 50 where a currency is
// not listed. Source: polar/kit/currency.py, 2026-08-22.
var currencyMinimum = map[string]int64{
	"aed": 200, "all": 5000, "amd": 20000, "aoa": 50000, "ars": 75000, "aud": 70,
	"awg": 100, "azn": 100, "bam": 100, "bbd": 200, "bdt": 7000, "bif": 2000,
	"bmd": 100, "bnd": 100, "bob": 500, "brl": 250, "bsd": 100, "bwp": 1000,
	"bzd": 200, "cad": 70, "cdf": 200000, "clp": 500, "cny": 500, "cop": 200000,
	"crc": 30000, "cve": 5000, "czk": 1500, "djf": 100, "dkk": 320, "dop": 4000,
	"dzd": 7000, "egp": 3000, "etb": 8000, "fjd": 200, "fkp": 100, "gbp": 40,
	"gel": 200, "gnf": 5000, "gip": 100, "gmd": 4000, "gtq": 500, "gyd": 20000,
	"hkd": 400, "hnl": 2000, "htg": 7000, "huf": 17500, "idr": 900000, "ils": 150,
	"inr": 6000, "isk": 7000, "jmd": 8000, "jpy": 80, "kes": 7000, "kgs": 5000,
	"khr": 300000, "kmf": 500, "krw": 800, "kyd": 100, "kzt": 30000, "lak": 2000000,
	"lkr": 20000, "lrd": 10000, "lsl": 1000, "mad": 500, "mdl": 1000, "mga": 3000,
	"mkd": 5000, "mnt": 200000, "mop": 500, "mur": 5000, "mvr": 800, "mxn": 900,
	"mwk": 100000, "myr": 200, "mzn": 5000, "nad": 1000, "ngn": 70000, "nio": 2000,
	"nok": 500, "npr": 8000, "nzd": 90, "pab": 100, "pen": 200, "pgk": 300,
	"php": 3500, "pkr": 20000, "pln": 200, "pyg": 4000, "qar": 200, "ron": 250,
	"rsd": 6000, "rwf": 1000, "sar": 200, "sbd": 400, "scr": 800, "sek": 500,
	"sgd": 70, "shp": 100, "sos": 50000, "srd": 2000, "szl": 1000, "thb": 2000,
	"tjs": 500, "top": 200, "try": 3000, "ttd": 400, "twd": 2000, "tzs": 200000,
	"uah": 3000, "ugx": 200000, "uyu": 2000, "uzs": 700000, "vnd": 20000, "vuv": 100,
	"wst": 200, "xaf": 500, "xcd": 200, "xcg": 100, "xof": 500, "xpf": 100,
	"yer": 20000, "zar": 900, "zmw": 1000,
}

// currencyMaximum is the largest, 99999999 where a currency is not listed.
var currencyMaximum = map[string]int64{
	"ars": 140000000, "cdf": 280000000, "cop": 400000000, "idr": 1600000000, "khr": 400000000, "lak": 2100000000,
	"mnt": 350000000, "mwk": 175000000, "ngn": 155000000, "tzs": 250000000, "ugx": 370000000, "uzs": 1250000000,
}

const (
	defaultMinimum = 50
	defaultMaximum = 999_999_99
)

// wholeCurrencies have no minor unit.
var wholeCurrencies = strings.Fields(`
	bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf`)
