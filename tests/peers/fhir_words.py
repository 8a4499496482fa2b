"""Health information requests as a system that speaks FHIR R4 writes them."""

BASE = "https://mappa-gateway.example/fhir"
FHIR = "application/fhir+json"


def concept(system, code):
    return {"coding": [{"system": f"{BASE}/CodeSystem/{system}", "code": code}]}


def detail(code, kind, value):
    return {"type": concept("health-request-detail", code), kind: value}


def organization(id, agency):
    return {"resourceType": "Organization", "id": id, "name": agency, "identifier": [{"system": f"{BASE}/Id/agency", "value": agency}]}


def asks(person, agency, trust, necessity="Appointments were missed."):
    """A request about a person of the demo, from one agency to another."""
    asked = [("known_to_service", "known"), ("medication", "medication")]
    payload = [{"extension": [
        {"url": f"{BASE}/StructureDefinition/question-id", "valueId": id},
        {"url": f"{BASE}/StructureDefinition/question-code", "valueCode": code},
    ], "contentString": "Since March?"} for code, id in asked]  # fmt: skip
    ref = lambda id: {"reference": "#" + id}
    return {
        "resourceType": "Task", "status": "requested", "intent": "order", "priority": "routine",
        "contained": [
            {"resourceType": "Patient", "id": "p", "birthDate": person["date_of_birth"], "address": [{"text": "1 Sample Street, Anytown"}],
             "name": [{"text": person["name"]}], "identifier": [{"system": f"{BASE}/Id/nominal", "value": person["ref"]}]},
            organization("a", agency), organization("t", trust), organization("l", person["lead_agency"]),
            {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"display": "S. Officer"}, "organization": ref("a"),
             "code": [{"text": "Offender manager"}], "telecom": [{"system": "phone", "value": "01632 960001"}]},
            {"resourceType": "CommunicationRequest", "id": "c", "status": "active", "subject": ref("p"), "payload": payload},
        ],
        "code": concept("health-task", "health-information-request"), "focus": ref("c"), "for": ref("p"),
        "requester": ref("r"), "owner": ref("t"), "reasonCode": concept("purpose", "MANAGE"),
        "input": [
            detail("mappa_category", "valuePositiveInt", 1), detail("mappa_level", "valuePositiveInt", 2), detail("lead_agency", "valueReference", ref("l")),
            detail("at_risk", "valueString", "A former partner: assault"), detail("necessity", "valueString", necessity),
            detail("decision", "valueString", "Where the person may live"), detail("legal_basis", "valueCode", "s325"),
            detail("consent", "valueCode", "not_sought"), detail("consent_not_sought_because", "valueCode", "danger"),
            detail("reader", "valueString", "The meeting"), detail("retention", "valueString", "As long as under MAPPA"),
            detail("subject_may_be_told", "valueBoolean", True),
        ],
    }  # fmt: skip
