"""The sentences of `explain` in each language; leaves out when each is said."""

from __future__ import annotations

import json

from eslabon.events.matchers import (
    NUMBER_LIMIT,
    AnythingBut,
    Cidr,
    EqualsIgnoreCase,
    Exact,
    Exists,
    Matcher,
    Number,
    Numeric,
    Prefix,
    Scalar,
    Suffix,
    Wildcard,
)

SENTENCES = {
    "en": {
        "match": "The event matches: every field of the pattern finds a value that it accepts.",
        "no match": "The event does not match.",
        "alternatives": "The pattern has {count} alternatives ($or); this is the one that comes closest:",
        "chosen": "The pattern has {count} alternatives ($or); this is the one that matches:",
        "accepted": "{path} is {value}; the pattern wants {wanted}.",
        "refused": "{path} is {value}, but the pattern wants {wanted}.",
        "missing": "The event has no {path}; the pattern wants {wanted}.",
        "absent": "The event has no {path}, as the pattern wants.",
        "object": "{path} is an object, not a single value; the pattern wants {wanted}.",
        "absent object": "{path} is an object and no single value, which counts as missing, as the pattern wants.",
        "empty": "{path} is an empty list, so there is no value to compare; the pattern wants {wanted}.",
        "elements": "Each of {paths} is there, but not in one and the same element of its list.",
        "case": "Upper and lower case count: equals-ignore-case ignores them.",
        "type": "A number and a text are never equal: compare {found} with {wanted}.",
        "space": "The two differ in spaces at the ends.",
        "similar": "The event does have {path}.",
        "text": "{path} is a text, not an object: nothing in it can be compared.",
        "or": "or",
        "and": "and",
        "anything but": "anything but {}",
        "any case": "{} in upper or lower case",
        "prefix": "a text that begins with {}",
        "suffix": "a text that ends with {}",
        "wildcard": "a text like {}",
        "number": "a number {}",
        "cidr": "an IP address in {}",
        "exists": "any value",
        "not exists": "no value",
        "more": "{count} more",
    },
    "es": {
        "match": "El evento coincide: cada campo del patrón encuentra un valor que acepta.",
        "no match": "El evento no coincide.",
        "alternatives": "El patrón tiene {count} alternativas ($or); esta es la que más se acerca:",
        "chosen": "El patrón tiene {count} alternativas ($or); esta es la que coincide:",
        "accepted": "{path} es {value}; el patrón pide {wanted}.",
        "refused": "{path} es {value}, pero el patrón pide {wanted}.",
        "missing": "El evento no tiene {path}; el patrón pide {wanted}.",
        "absent": "El evento no tiene {path}, tal como pide el patrón.",
        "object": "{path} es un objeto, no un valor suelto; el patrón pide {wanted}.",
        "absent object": "{path} es un objeto y no un valor suelto: cuenta como ausente, tal como pide el patrón.",
        "empty": "{path} es una lista vacía, así que no hay ningún valor que comparar; el patrón pide {wanted}.",
        "elements": "Están todos, {paths}, pero no en un mismo elemento de su lista.",
        "case": "Las mayúsculas y minúsculas cuentan: equals-ignore-case no las distingue.",
        "type": "Un número y un texto nunca son iguales: compara {found} con {wanted}.",
        "space": "Se diferencian en los espacios de los extremos.",
        "similar": "El evento sí tiene {path}.",
        "text": "{path} es un texto, no un objeto: no se puede comparar nada de lo que contiene.",
        "or": "o",
        "and": "y",
        "anything but": "cualquier cosa menos {}",
        "any case": "{} en mayúsculas o minúsculas",
        "prefix": "un texto que empiece por {}",
        "suffix": "un texto que acabe en {}",
        "wildcard": "un texto como {}",
        "number": "un número {}",
        "cidr": "una dirección IP de {}",
        "exists": "cualquier valor",
        "not exists": "que no haya valor",
        "more": "{count} más",
    },
}

SHOWN = 5
"""How many values a sentence lists before it only counts."""


def describe(matcher: Matcher, language: str) -> str:
    """What a matcher wants, in words.

    >>> describe(Numeric(low=0, low_open=True, high=5), "en")
    'a number > 0 and <= 5'
    >>> describe(AnythingBut((Prefix("us-"), Exact("eu"))), "es")
    'cualquier cosa menos un texto que empiece por "us-" o "eu"'
    """
    words = SENTENCES[language]
    match matcher:
        case Exact(value):
            return quote(value)
        case EqualsIgnoreCase(text):
            return words["any case"].format(quote(text))
        case Prefix(text, ignore_case) | Suffix(text, ignore_case):
            wanted = words["any case"].format(quote(text)) if ignore_case else quote(text)
            return words["prefix" if isinstance(matcher, Prefix) else "suffix"].format(wanted)
        case Wildcard(text):
            return words["wildcard"].format(quote(text))
        case Numeric():
            return words["number"].format(f" {words['and']} ".join(_limits(matcher)))
        case Cidr(text):
            return words["cidr"].format(text)
        case AnythingBut(excluded):
            return words["anything but"].format(listed([describe(inner, language) for inner in excluded], language))
        case Exists(wanted=True):
            return words["exists"]
    return words["not exists"]


def _limits(range_: Numeric) -> list[str]:
    if range_.low == range_.high:
        return [f"= {_number(range_.low)}"]
    limits = []
    if range_.low != -NUMBER_LIMIT or range_.low_open:
        limits.append(f"{'>' if range_.low_open else '>='} {_number(range_.low)}")
    if range_.high != NUMBER_LIMIT or range_.high_open:
        limits.append(f"{'<' if range_.high_open else '<='} {_number(range_.high)}")
    return limits


def _number(value: Number) -> str:
    return json.dumps(value)


def quote(value: Scalar) -> str:
    """A value as it stands in JSON.

    >>> quote("año"), quote(None)
    ('"año"', 'null')
    """
    return json.dumps(value, ensure_ascii=False)


def listed(texts: list[str], language: str) -> str:
    """The texts one after the other, `or` before the last; a long list is cut and counted.

    >>> listed(["1", "2", "3"], "en")
    '1, 2 or 3'
    >>> listed([str(number) for number in range(9)], "es")
    '0, 1, 2, 3, 4 o 4 más'
    """
    words = SENTENCES[language]
    if len(texts) > SHOWN + 1:
        texts = [*texts[:SHOWN], words["more"].format(count=len(texts) - SHOWN)]
    *first, last = texts or [""]
    return f"{', '.join(first)} {words['or']} {last}" if first else last
