"""The file in which Bazel, and .ci/count_tests.py, look for the cases of a test."""
import os
import xml.etree.ElementTree


def write_cases(suite, cases):
    """`cases`: (name, outcome, detail), the outcome "passed", "failed" or "skipped". Writes nothing where nobody asks for the file."""
    root = xml.etree.ElementTree.Element("testsuites")
    element = xml.etree.ElementTree.SubElement(root, "testsuite", name=suite, tests=str(len(cases)))
    for name, outcome, detail in cases:
        case = xml.etree.ElementTree.SubElement(element, "testcase", classname=suite, name=printable(name))
        if outcome != "passed":
            xml.etree.ElementTree.SubElement(case, {"failed": "failure"}.get(outcome, outcome), message=printable(detail))
    if os.environ.get("XML_OUTPUT_FILE"):
        xml.etree.ElementTree.ElementTree(root).write(os.environ["XML_OUTPUT_FILE"], encoding="utf-8", xml_declaration=True)


def printable(text):
    """XML has no place for other characters, escaped or not."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
