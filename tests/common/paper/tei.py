"""A small TEI document as GROBID writes it, for the tests of its reader and its client."""

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xml:space="preserve" xmlns="http://www.tei-c.org/ns/1.0">
<teiHeader><fileDesc><titleStmt><title level="a" type="main">A Title</title></titleStmt></fileDesc>
<profileDesc><abstract><div><p><s coords="1,1,1,1,1">We show it.</s></p></div></abstract></profileDesc></teiHeader>
<facsimile><surface n="1"/><surface n="2"/><surface n="3"/></facsimile>
<text><body>
<div><head n="1" coords="1,2,3,4,5">Introduction</head>
<p><s coords="1,2,3,4,5">First sentence <ref type="bibr">[1]</ref>.</s> <s coords="2,2,3,4,5">Second one.</s></p>
<p coords="2,1,1,1,1">No sentences here.</p></div>
<div><head n="1.1" coords="2,9,9,9,9">Aim</head><p><s coords="2,2,3,4,5">Text.</s></p></div>
<figure coords="2,5,5,5,5"><head>Figure 1 :</head><figDesc>A caption.</figDesc></figure>
<note place="foot" n="1" coords="2,1,1,1,1">A note.</note>
</body><back>
<div type="annex"><div><head>Proofs</head><p><s coords="3,2,3,4,5">Proof.</s></p></div></div>
<div type="references"><listBibl><biblStruct coords="3,1,1,1,1"><analytic><title level="a">A work</title>
<author><persName><forename>A</forename> <surname>One</surname></persName></author></analytic>
<monogr><title level="j">NIPS</title><imprint><date when="2001-05"/></imprint></monogr>
<note type="raw_reference">A. One. A work. 2001.</note></biblStruct></listBibl></div>
</back></text></TEI>"""
