"""Removes the counter-ion from a drug's name, where the remaining name is the same drug.

`imatinib mesylate` is imatinib, given as a salt. `choline salicylate` isn't choline, and `creatine
phosphate` isn't creatine: there the partner is active itself, or bound to the molecule. A name doesn't say
which of the two it is, so a partner is removed only where it is known to form nothing but a salt: an acid
that makes no ester of that name (hydrochloride, mesylate), or one that also makes esters (acetate,
phosphate, sulfate) beside a drug whose name or stem (INN) is known to make salts with it. The remaining
words must be a drug's name: not a metal, an ion, a radical or a letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["without_counter_ion"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CATIONS = _words("""
    calcium diolamine diethylamine dipotassium disodium epolamine erbumine hemicalcium hemimagnesium
    magnesium meglumine monopotassium monosodium olamine potassium sodium tetrasodium trisodium trometamol
    tromethamine
""")
_AMINO_ACIDS = _words("arginine lysine")  # counter-ions after a drug's name, or before an acid's
_DIVALENT = _words("arginine calcium hemicalcium hemimagnesium lysine magnesium")
_WATER = _words("""
    anhydrous dihydrate hemihydrate hydrate monohydrate pentahydrate salt sesquihydrate trihydrate
""")
# Acids that form salts with any base, and no ester that is called by this word.
_SALT_FORMERS = _words("""
    adipate besilate besylate bitartrate camsylate citrate dihydrobromide dihydrochloride
    dimaleate dimesylate ditosylate edisylate embonate esylate fumarate gluconate hcl hemifumarate hyclate
    hydrobromide hydrochloride isethionate lactate lactobionate malate maleate mesilate
    mesylate monohydrochloride napsylate oxalate pamoate saccharate tartrate tosilate tosylate trifenatate
    xinafoate
""")
# Acids that also make esters or are active themselves, and a metal that is: each with the names that surely
# make salts with it. INN stems stand for whole groups: -gliptin, -tinib, -relin, -olol.
_SALTS_WITH = {
    ion: re.compile(rf"(?:{'|'.join(names.split())})$")
    for ions, names in (
        ("acetate", """relin prolide relix reotide pressin [a-z]{2}tide fungin hexidine ecainide guanabenz
            mafenide calcitonin cosyntropin glatiramer lithium"""),
        ("aspartate", "amfetamine amphetamine"),
        ("benzoate", "triptan gliptin denatonium emamectin"),
        ("bromide chloride iodide", "ium ine choline chol ynin oxime penzolate thiophate propamide lithium"),
        ("carbonate", "lithium sevelamer"),
        ("diphosphate", "quine degib"),
        ("glucuronate", "trimetrexate"),
        ("nitrate", "azole azoline pilocarpine strychnine"),
        ("phosphate", """gliptin tinib quine codeine morphine oseltamivir dilol disopyramide antazoline
            histamine piperazine degib"""),
        ("salicylate", "physostigmine"),
        ("stearate", "mycin"),
        ("succinate", "olol triptan lamine fenacin faxine apine ciclib gliptin quine tinib sibutramine"),
        ("bisulfate hydrogensulfate sulfate", """micin mycin kacin stin myxin tracin (?<!s)terol butamol renol
            avir morphone grel lithium guanadrel [a-z]{2}ine"""),
        ("zinc", "bacitracin"),
    )
    for ion in ions.split()
}  # fmt: skip
# Amines whose sulfate may be the ester that the body makes of them.
_ALSO_ESTERS = re.compile(
    r"(?:osine|idine|tyrosine|serine|cysteine|threonine|thyronine|thyroxine|choline|dopamine|dine|"
    r"epinephrine|metanephrine|tyramine|octopamine|acetylglucosamine|galactosamine)$"
)
_TRUE_SULFATES = re.compile(r"(?:qui[nl]idine|guanethidine|cimetidine|morphine|clonidine)$")
_HYDRATES = re.compile(r"(?:amylene|chloral)$")  # with "hydrate" another substance than without

# Acid names that are no organic anion: nitric acid isn't a nitrate.
_MINERAL_ACIDS = _words("arsenic boric carbonic chloric chromic nitric perchloric selenic silicic tungstic")
# Ions that with a cation are a substance of their own: potassium bicarbonate isn't sodium bicarbonate.
_IONS = _words("""
    acetate alginate aluminate antimonate antimoniate arsenate arsenite aspartate azide benzoate
    bicarbonate bisulfite borate bromate bromide carbonate chlorate chloride chlorite chromate citrate
    cyanate cyanide dichromate diphosphate edetate ferrocyanide fluoride formate gluconate
    glycerophosphate hydride hydrogencarbonate hydrogenphosphate hydroxide hypochlorite hypophosphite
    iodate iodide lactate malate metabisulfite molybdate monofluorophosphate monohydrogenphosphate nitrate
    nitrite oxalate oxide perborate percarbonate perchlorate permanganate peroxide pertechnetate phosphate
    phosphite polyphosphate pyrophosphate salicylate selenate selenite silicate stearate succinate sulfate
    sulfide sulfite sulfonate tartrate thiocyanate thiosulfate trisilicate tungstate vanadate
""")
_NUTRIENTS = _words("""
    acetylcysteine ascorbate c gluceptate glubionate glutamate glycinate levulinate orotate picolinate
    pidolate propionate pyruvate taurate threonate
""")  # with calcium or magnesium the metal may be meant; c: of vitamin C
# Elements but lithium, whose salts are all used for the metal, and other words that alone name no drug.
_NO_DRUG = _IONS | _words("""
    actinium aluminum ammonium and antimony argentic argentous arsenic auric aurous barium beryllium
    bismuth boron bromine cadmium calcium carbon cerium cesium chlorine chromic chromium cobalt cobaltous
    copper cupric cuprous dysprosium ferric ferrous fluorine gadolinium gallium germanium gold hafnium
    holmium hydrogen hydronium indium iodine iridium iron lanthanum lead lutetium magnesium manganese
    manganous mercuric mercurous mercury molybdenum neodymium nickel nickelous niobium osmium oxonium
    palladium phosphonium phosphorus platinum plumbous potassium praseodymium radium rhenium rhodium
    rubidium ruthenium samarium scandium selenium silicon silver sodium stannic stannous strontium
    sulfonium sulfur tantalum technetium tellurium terbium thallic thallium thallous thorium thulium tin
    titanium tungsten uranium uranyl vanadium vanadyl water yttrium ytterbium zinc zirconium acid amino
    dextro levo meso rac racemic
""")
_RADICAL = re.compile(r"(?<!fentan)yl$|methylene$|^propylene$|^ethylene$|^acetone$")
_CODE = re.compile(r"^[a-z]{2,4} ?\d{3,}[a-z]?$")  # a company's: MK-801, SB 203580
_STEREO = _words("d dl l r rs s plus minus rac racemic dextro levo")


def without_counter_ion(words: Sequence[str]) -> str:
    """A drug's name without its counter-ion and water, an acid by its anion (`valproic acid`: `valproate`).

    Args:
        words: the name's words in the form of `Forms.words`.

    Returns:
        The remaining words, joined by spaces; a partner that may be more than a counter-ion stays. "" where
        no drug's name remains without the ions.
    """
    names = _anions(words)
    core, ions = _split_ions(names)
    if not ions or len(names) == 1:
        return " ".join(names)
    if all(word in _STEREO for word in core):
        # L-lactate alone is the anion of its acid; with a cation it is a salt of its own.
        return " ".join(names) if core and len(ions) == 1 and ions[0] not in _CATIONS | _WATER else ""
    while core and core[-1] in _STEREO and len(core[-1]) < 3 and len(core) > 1 and len(core[-2]) > 3:
        core = core[:-1]  # L-carnitine L-tartrate
    code = " ".join(core)
    if _CODE.match(code):
        return " ".join([code, *(ion for ion in ions if ion in _SALTS_WITH)])
    if not any(map(_names_a_drug, core)) or _is_own_substance(core[-1], set(ions)):
        return ""
    last = next(word for word in reversed(core) if _names_a_drug(word))
    partners = [ion for ion in ions if not _is_counter_ion(ion, last)]
    return " ".join([*core, *partners])


def _anions(words: Sequence[str]) -> list[str]:
    """The words with each organic acid (`valproic acid`) replaced by its anion (`valproate`)."""
    names: list[str] = []
    for word in words:
        if word == "acid" and names and names[-1].endswith("ic") and names[-1] not in _MINERAL_ACIDS:
            names[-1] = names[-1][:-2] + "ate"
        else:
            names.append(word)
    return names


def _split_ions(names: list[str]) -> tuple[list[str], list[str]]:
    """Splits a name into the words without leading cations and trailing ions, and all these ions."""
    partners = _CATIONS | _AMINO_ACIDS | _WATER | _SALT_FORMERS | _SALTS_WITH.keys() | {"hydrogen"}
    end = len(names)
    while end and names[end - 1] in partners:
        end -= 1
    begin = 0
    while begin < end - 1 and (
        names[begin] in _CATIONS
        or names[begin] == "anhydrous"
        or (names[begin] in _AMINO_ACIDS and names[begin + 1].endswith("ate"))
    ):
        begin += 1
    return names[begin:end], [*names[:begin], *names[end:]]


def _is_own_substance(anion: str, ions: set[str]) -> bool:
    """True if a salt of these ions is another substance than one of the same anion with other cations."""
    return bool(
        (anion in _IONS and ions & (_CATIONS | _DIVALENT)) or (anion in _NUTRIENTS and ions & _DIVALENT)
    )


def _names_a_drug(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and word not in _NO_DRUG and not _RADICAL.search(word)


def _is_counter_ion(ion: str, drug: str) -> bool:
    """True if an ion beside a drug is nothing but its counter-ion, judged by the two names."""
    if drug == "lithium":
        return ion in ("acetate", "carbonate", "chloride", "citrate", "gluconate", "monohydrate", "sulfate")
    if ion == "hydrate":
        return not _HYDRATES.search(drug)
    names = _SALTS_WITH.get(ion)
    if names is None:
        return True
    if ion.endswith("sulfate") and _ALSO_ESTERS.search(drug) and not _TRUE_SULFATES.search(drug):
        return False
    return names.search(drug) is not None
