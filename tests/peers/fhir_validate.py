"""Says whether FHIR R4 resources are right, by the package `fhir.resources` (its R4B models, which
are R4's for the resources used here) and by the codes, references and bundles that it leaves open.

    fhir_validate.py [FILE...]

Reads JSON resources, one after another, from the files or from standard input. Exit codes: 0 all
are right; 1 one is not, and standard error names what; 2 the package is not installed.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "fhir_modules"))

try:
    from fhir.resources.R4B import get_fhir_model_class
except ImportError:
    print(
        "fhir.resources is missing: pip install --no-deps --target tests/peers/fhir_modules"
        " -r tests/peers/fhir-requirements.txt",
        file=sys.stderr,
    )
    sys.exit(2)

# The package cuts this list short.
TASK_STATUS = (
    "draft requested received accepted rejected ready cancelled in-progress on-hold failed"
    " completed entered-in-error"
).split()


def extra(field):
    found = field.json_schema_extra
    return found if isinstance(found, dict) else {}


def words(model, name, field):
    if model.get_resource_type() == "Task" and name == "status":
        return TASK_STATUS
    listed = extra(field).get("enum_values") or []
    return [] if "+" in listed else listed


def reference(value, field, path, faults):
    """A reference by type and id must name a type that the element takes."""
    allowed = extra(field).get("enum_reference_types") or []
    if not allowed or "Resource" in allowed:
        return
    for one in value if isinstance(value, list) else [value]:
        text = getattr(one, "reference", None)
        claimed = getattr(one, "type", None)
        if text and not text.startswith(("#", "urn:", "http")):
            claimed = text.split("/")[0]
        if claimed and claimed not in allowed:
            faults.append(f"{path}: refers to {claimed}, and takes {', '.join(allowed)}")


def walk(model, path, faults):
    for name, field in type(model).model_fields.items():
        value = getattr(model, name, None)
        if value is None:
            continue
        at = f"{path}.{field.alias or name}"
        listed = words(model, name, field)
        if listed and isinstance(value, str) and value not in listed:
            faults.append(f"{at}: not one of {', '.join(listed)}")
        reference(value, field, at, faults)
        for n, one in enumerate(value if isinstance(value, list) else [value]):
            if hasattr(type(one), "model_fields"):
                walk(one, f"{at}[{n}]" if isinstance(value, list) else at, faults)


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def contained(resource, faults):
    """DomainResource's invariants dom-2 and dom-3, and that `#id` is there. One that refers to its
    container, by `#`, need not be referred to."""
    inner = resource.get("contained", [])
    ids = [one.get("id") for one in inner]
    if len(set(ids)) != len(ids) or None in ids:
        faults.append("contained: every one needs an id of its own")
    if any("contained" in one for one in inner):
        faults.append("contained: none may contain another (dom-2)")
    local = {text[1:] for text in references(resource) if text.startswith("#")}
    for one in inner:
        if one.get("id") not in local and "#" not in references(one):
            faults.append(f"contained: nothing refers to #{one.get('id')} (dom-3)")
    faults.extend(f"#{one}: is not contained" for one in sorted(local - set(ids) - {""}))


def bundle(resource, faults):
    entries = resource.get("entry", [])
    urls = [entry.get("fullUrl") for entry in entries if "fullUrl" in entry]
    if len(set(urls)) != len(urls):
        faults.append("Bundle.entry.fullUrl: used twice (bdl-7)")
    if resource.get("type") == "message":
        first = entries[0]["resource"]["resourceType"] if entries else None
        if first != "MessageHeader":
            faults.append("Bundle.entry[0]: a message begins with its MessageHeader (bdl-12)")
        if len(urls) != len(entries):
            faults.append("Bundle.entry.fullUrl: a message's entries need one each")
    elif "total" in resource and resource.get("type") not in ("searchset", "history"):
        faults.append("Bundle.total: for searches and histories only (bdl-1)")
    for text in references(resource):
        if text.startswith("urn:uuid:") and text not in urls:
            faults.append(f"Bundle: {text} is not in it")


def check(resource):
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        return ["resourceType: missing"]
    try:
        model = get_fhir_model_class(kind).model_validate(resource)
    except (KeyError, LookupError) as error:
        return [f"resourceType: {error}"]
    except ValueError as error:  # pydantic's ValidationError is one
        return [f"{kind}: {error}"]
    faults = []
    walk(model, kind, faults)
    if kind == "Bundle":
        bundle(resource, faults)
        for entry in resource.get("entry", []):
            if "resource" in entry:
                contained(entry["resource"], faults)
    else:
        contained(resource, faults)
    return faults


def resources(text):
    decoder = json.JSONDecoder()
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        resource, at = decoder.raw_decode(text, at)
        yield resource


def main(names):
    texts = [pathlib.Path(name).read_text("utf-8") for name in names] or [sys.stdin.read()]
    seen, wrong = 0, 0
    for text in texts:
        try:
            for resource in resources(text):
                seen += 1
                faults = check(resource)
                wrong += bool(faults)
                for fault in faults:
                    print(f"resource {seen}: {fault}", file=sys.stderr)
        except json.JSONDecodeError as error:
            print(f"not JSON: {error}", file=sys.stderr)
            return 1
    if not seen:
        print("no resource was given", file=sys.stderr)
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
