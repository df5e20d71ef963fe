"""Reading documents: every layout, and what is damaged, too long, retracted or hostile."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kedrec.documents import xmlrecords
from kedrec.documents.document import Document, Record, Rejected, Retraction, Section
from kedrec.documents.passages import LONGEST_PASSAGE, passage_spans
from kedrec.documents.reading import find_files, read_file
from kedrec.errors import DataError
from kedrec.loading.readers import json_stream

ARTICLE = """<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID>
<DateRevised><Year>{revised}</Year></DateRevised><Article><Journal><JournalIssue><PubDate><Year>2018</Year>
<Month>May</Month><Day>7</Day></PubDate></JournalIssue></Journal>
<ArticleTitle>Aspirin for <i>pain</i></ArticleTitle>
<Abstract>{abstract}</Abstract><PublicationTypeList>
<PublicationType>{kind}</PublicationType></PublicationTypeList>
</Article>{more}</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">10.1/AB</ArticleId>
</ArticleIdList></PubmedData></PubmedArticle>"""
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "https://x/y.dtd">\n'
TEXT = "<AbstractText Label='METHODS'>We gave \u03b2<sub>2</sub> blockers.</AbstractText>"


def article(
    pmid: int, abstract: str = TEXT, kind: str = "Journal Article", more: str = "", revised: int = 2020
) -> str:
    return ARTICLE.format(pmid=pmid, abstract=abstract, kind=kind, more=more, revised=revised)


def pubmed(*articles: str) -> str:
    return f"{HEAD}<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>"


def records(path: Path, text: str | bytes) -> list[Record]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_file(path))


def test_pubmed_gives_text_date_and_keys(tmp_path: Path) -> None:
    (found,) = records(tmp_path / "a.xml", pubmed(article(7)))
    assert isinstance(found, Document)
    assert (found.id, found.title, found.date) == ("pubmed:7", "Aspirin for pain", "2018-05-07")
    assert found.sections == (Section("Methods", "We gave \u03b22 blockers.", "abstract"),)
    assert found.keys == ("PMID:7", "DOI:10.1/ab")
    assert not found.redistributable


def test_packed_pubmed_of_many_blocks_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "many.xml.gz"
    path.write_bytes(gzip.compress(pubmed(*(article(number) for number in range(1, 3001))).encode()))
    assert [found.id for found in read_file(path)] == [f"pubmed:{number}" for number in range(1, 3001)]


def test_empty_abstracts_and_books_are_told(tmp_path: Path) -> None:
    book = "<PubmedBookArticle><x/></PubmedBookArticle>"
    found = records(tmp_path / "a.xml", pubmed(article(1, abstract=""), book, article(2)))
    assert [one.reason for one in found if isinstance(one, Rejected)] == [
        "empty abstract",
        "a book, not an article",
    ]
    assert found[2].id == "pubmed:2"


def test_retractions_name_what_they_take_back(tmp_path: Path) -> None:
    linked = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionOf"><PMID>5</PMID>'
        "</CommentsCorrections></CommentsCorrectionsList>"
    )
    notice = article(1, kind="Retraction of Publication", more=linked)
    found = records(tmp_path / "a.xml", pubmed(notice, article(2, kind="Retracted Publication")))
    assert [one.keys for one in found if isinstance(one, Retraction)] == [("PMID:5",), ("PMID:2",)]


def test_a_damaged_record_is_one_and_a_cut_file_gives_what_came_before(tmp_path: Path) -> None:
    broken = article(2).replace("</Article>", "</Artikel>")
    found = records(tmp_path / "a.xml", pubmed(article(1), broken, article(3)))
    assert [type(one) for one in found] == [Document, Rejected, Document]
    path = tmp_path / "cut.xml.gz"
    path.write_bytes(gzip.compress(pubmed(*(article(n) for n in range(5000))).encode())[:-4000])
    before = []
    with pytest.raises(DataError, match="truncated"):
        before.extend(_each(path, before))
    assert len(before) > 100


def _each(path: Path, into: list[Record]) -> list[Record]:
    for record in read_file(path):
        into.append(record)  # noqa: PERF402  # what came before an error must be there
    return []


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["bomb", "external"],
)
@pytest.mark.parametrize("root", ["PubmedArticleSet", "article"])
def test_files_that_define_entities_are_refused(tmp_path: Path, head: str, root: str) -> None:
    body = article(1) if root != "article" else ""
    with pytest.raises(DataError, match="defines entities"):
        records(tmp_path / "a.xml", f'<?xml version="1.0"?>{head}<{root}>{body}&b;</{root}>')


def test_an_entity_defined_in_a_record_is_no_xml(tmp_path: Path) -> None:
    found = records(tmp_path / "a.xml", pubmed(article(1, abstract='<!DOCTYPE x [<!ENTITY a "b">]>&a;')))
    assert isinstance(found[0], Rejected)


def test_named_characters_and_other_encodings(tmp_path: Path) -> None:
    named = article(1, abstract="<AbstractText>TNF-&alpha; &amp; &lt;5</AbstractText>")
    (found,) = records(tmp_path / "a.xml", pubmed(named))
    assert isinstance(found, Document)
    assert found.sections[0].text == "TNF-\u03b1 & <5"
    for encoding in ("latin-1", "utf-16"):
        text = pubmed(article(1, abstract="<AbstractText>na\u00efve</AbstractText>"))
        coded = text.replace("utf-8", encoding.upper()).encode(encoding)
        (found,) = records(tmp_path / "b.xml", coded)
        assert isinstance(found, Document)
        assert found.sections[0].text == "na\u00efve"


def test_records_that_are_too_long_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xmlrecords, "MAX_RECORD", 100_000)
    monkeypatch.setattr(json_stream, "MAX_RECORD", 100_000)
    long = "x" * 900_000
    found = records(
        tmp_path / "a.xml", pubmed(article(1), article(2, f"<AbstractText>{long}</AbstractText>"), article(3))
    )
    assert [type(one) for one in found] == [Document, Rejected, Document]
    lines = [{"id": "1", "text": "a"}, {"id": "2", "text": long}, {"id": "3", "text": "b"}]
    found = records(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    assert [type(one) for one in found] == [Document, Rejected, Document]
    found = records(tmp_path / "a.json", json.dumps([{**line, "abstract": line["text"]} for line in lines]))
    assert [type(one) for one in found] == [Document, Rejected, Document]
    assert "longer than" in found[1].reason  # type: ignore[union-attr]


def test_jats_has_sections_and_captions_but_no_references(tmp_path: Path) -> None:
    text = """<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front>
    <article-meta>
    <article-id pub-id-type="pmid">5</article-id><article-id pub-id-type="pmc">9</article-id><title-group>
    <article-title>T</article-title></title-group><pub-date><year>2011</year></pub-date>
    <permissions><license
    xlink:href="http://creativecommons.org/licenses/by-nc/4.0/"><p>words</p></license></permissions>
    <abstract><p>Short.</p></abstract></article-meta></front><body><sec><title>Methods</title><p>One<fig>
    <label>Fig 1</label><caption><p>A picture.</p></caption></fig> two <disp-formula>E=mc</disp-formula></p>
    <sec><title>Doses</title>
    <p>Three.</p></sec></sec></body><back><ref-list><ref><mixed-citation>Secret</mixed-citation></ref></ref-list>
    </back></article>"""
    (found,) = records(tmp_path / "a.nxml", text)
    assert isinstance(found, Document)
    told = [(part.name, part.text) for part in found.sections]
    assert told == [
        ("Abstract", "Short."),
        ("Methods", "One two"),
        ("Fig 1", "A picture."),
        ("Methods / Doses", "Three."),
    ]
    assert (found.id, found.licence, found.redistributable, found.year) == (
        "pmc:PMC9",
        "CC-BY-NC-4.0",
        True,
        2011,
    )


def test_bioc_is_the_same_in_xml_and_json(tmp_path: Path) -> None:
    parts = [("title", "TITLE", "T"), ("abstract", "ABSTRACT", "Text."), ("ref", "REF", "Secret")]
    passages = [{"infons": {"type": a, "section_type": b}, "text": c} for a, b, c in parts]
    told = "".join(
        f'<passage><infon key="type">{a}</infon><infon key="section_type">{b}</infon>'
        f"<text>{c}</text></passage>"
        for a, b, c in parts
    )
    in_json = records(
        tmp_path / "a.json", json.dumps({"source": "x", "documents": [{"id": "12", "passages": passages}]})
    )
    in_xml = records(tmp_path / "a.xml", f"<collection><document><id>12</id>{told}</document></collection>")
    assert in_json == in_xml
    assert isinstance(in_xml[0], Document)
    assert in_xml[0].text == "T\nText."


def test_pubmedqa_keeps_the_question_out_of_the_text(tmp_path: Path) -> None:
    item = {
        "QUESTION": "Why?",
        "CONTEXTS": ["Because."],
        "LABELS": ["METHODS"],
        "LONG_ANSWER": "So.",
        "YEAR": "2011",
    }
    (found,) = records(tmp_path / "a.json", json.dumps({"17": item}))
    assert isinstance(found, Document)
    assert found.text == "\nBecause.\nSo."
    assert (found.id, found.year) == ("pubmedqa:17", 2011)


def test_trials_tell_why_they_stopped_and_whether_they_failed(tmp_path: Path) -> None:
    study = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A trial"},
            "statusModule": {"overallStatus": "TERMINATED", "whyStopped": "slow accrual"},
            "designModule": {"phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 12}},
            "conditionsModule": {"conditions": ["Gout"]},
            "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Colchicine"}]},
        },
        "resultsSection": {
            "outcomeMeasuresModule": {
                "outcomeMeasures": [{"type": "PRIMARY", "title": "Pain", "analyses": [{"pValue": "0.31"}]}]
            }
        },
        "hasResults": True,
    }
    page = {"studies": [study, {"protocolSection": {}}], "nextPageToken": "abc"}
    for name, whole in (("one.json", study), ("page.json", page)):
        found = records(tmp_path / name, json.dumps(whole))
        facts = found[0].facts  # type: ignore[union-attr]
        assert facts is not None
        assert (facts.status, facts.phase, facts.enrolment) == ("terminated", "phase 1/phase 2", 12)
        assert (facts.why_stopped, facts.outcome, facts.failed) == ("slow accrual", "Pain (p = 0.31)", True)
    assert isinstance(found[1], Rejected)


def test_notes_are_read_by_columns_in_any_case(tmp_path: Path) -> None:
    head = "row_id,subject_id,hadm_id,chartdate,charttime,storetime,category,description,cgid,iserror,text\n"
    rows = '1,2,3,2101-01-02,,,Nursing,Report,,,"On aspirin.\nStable."\n'
    rows += "2,2,3,2101-01-02,,,Nursing,Report,,1,wrong\n"
    found = records(tmp_path / "NOTEEVENTS.csv", head + rows)
    assert isinstance(found[0], Document)
    assert found[0].text == "Nursing, Report\nOn aspirin. Stable."
    assert isinstance(found[1], Rejected)
    assert records(tmp_path / "NOTEEVENTS.csv", head) == []


def test_unknown_layouts_and_missing_places_are_told(tmp_path: Path) -> None:
    for name, text in (
        ("a.json", '{"1": "yes"}'),
        ("b.xml", "<html></html>"),
        ("c.csv", "a,b\n"),
        ("d.json", ""),
    ):
        with pytest.raises(DataError, match="no layout"):
            records(tmp_path / name, text)
    with pytest.raises(DataError, match="no file or folder"):
        find_files(tmp_path / "nowhere")


def test_passages_cover_a_document_and_end_with_sentences() -> None:
    sentence = (
        "This sentence is about one hundred characters long, give or take a few of them, as one can see. "
    )
    parts = (
        Section("Abstract", "Short.", "a"),
        Section("Results", "Brief.", "a"),
        Section("Body", plain_of(sentence * 40)),
    )
    document = Document("x:1", "article", "Title", parts)
    found = list(passage_spans(document))
    text = document.text
    assert text[found[0].start : found[0].end] == "Short.\nBrief."
    assert " ".join(text[cut.start : cut.end] for cut in found[1:]) == parts[2].text
    assert all(
        cut.end - cut.start <= LONGEST_PASSAGE and text[cut.start : cut.end].endswith(".") for cut in found
    )
    endless = Document("x:2", "article", "", (Section("Body", "x" * 5000),))
    assert "".join(endless.text[cut.start : cut.end] for cut in passage_spans(endless)) == "x" * 5000


def plain_of(text: str) -> str:
    return " ".join(text.split())
