/* The set of condset.h. Core: department, person, assignment, asset, takeout (with a facet of the pack sme). Nothing is allocated. */
#include "condset.h"

static struct choice_opt conf_opt[] = {{"c0", "公開", NULL}, {"c1", "社外秘", NULL}, {"c2", "極秘", NULL}};
static struct choice_opt media_opt[] = {{"usb", "USB", NULL}, {"hdd", "HDD", NULL}, {"paper", "紙", NULL}};
static struct choice_opt unit_opt[] = {{"disk", "ディスク", NULL}, {"folder", "フォルダー", NULL}};
static const struct choice_set conf = {.id = "confidentiality", .opt = conf_opt, .n = 3, .ordered = true};
static const struct choice_set media = {.id = "media", .opt = media_opt, .n = 3};

enum { DEPARTMENT, PERSON, ASSIGNMENT, ASSET, TAKEOUT, FORMS };
static struct form forms[FORMS];

static struct param params[] = {
    {.id = "max_days", .type = FT_INT}, {.id = "words", .type = FT_TEXT}, {.id = "retain", .type = FT_DURATION}, {.id = "keep", .type = FT_DURATION, .dflt = "P14D", .stricter = STRICT_MIN},
    {.id = "renew", .type = FT_DURATION, .dflt = "P6M"}, {.id = "lock", .type = FT_DURATION, .dflt = "PT1H"}, {.id = "idle", .type = FT_DURATION, .dflt = "PT15M"},
    {.id = "redo", .type = FT_DURATION, .dflt = "P1Y", .stricter = STRICT_MIN}, {.id = "odd", .type = FT_DURATION, .dflt = "P2W", .stricter = STRICT_MIN},
    {.id = "open_figure", .type = FT_INT}, {.id = "strict", .type = FT_BOOL}, {.id = "since", .type = FT_DATE},
};
static struct choice choices[] = {{.id = "unit", .opt = unit_opt, .n = 2}, {.id = "measures", .opt = media_opt, .n = 3, .many = true},
                                  {.id = "open_choice", .opt = unit_opt, .n = 2}};
/* The terms of tests/data/terms.csv, in the order of its columns, then one with versions; the last has no name. */
static struct clock clocks[] = {
    {.id = "d30", .term = {.days = 30, .first = true, .next = true}, .from_us = INT64_MIN}, {.id = "d60", .term = {.days = 60, .first = true, .next = true}, .from_us = INT64_MIN},
    {.id = "d5", .term = {.days = 5, .first = true}, .from_us = INT64_MIN}, {.id = "n10", .term = {.days = 10}, .from_us = INT64_MIN},
    {.id = "n10o", .term = {.days = 10, .next = true}, .from_us = INT64_MIN}, {.id = "o3", .term = {.days = 3, .open = true}, .from_us = INT64_MIN},
    {.id = "o3f", .term = {.days = 3, .first = true, .open = true}, .from_us = INT64_MIN}, {.id = "h72", .term = {.hours = 72}, .from_us = INT64_MIN},
    {.id = "dated", .term = {.hours = 1}, .from_us = INT64_C(1780000000000000)}, {.id = "dated", .term = {.hours = 24}, .from_us = INT64_C(1779000000000000)}, {.id = NULL},
};
static struct pack packs[] = {
    {.id = "core"},
    {.id = "sme", .param = params, .param_n = ARRAY_N(params), .choice = choices, .choice_n = ARRAY_N(choices), .clock = clocks, .clock_n = ARRAY_N(clocks) - 1},
};

static struct field department_f[] = {
    {.id = "name", .path = "name", .col = "name", .type = FT_TEXT},
    {.id = "parent", .path = "parent", .col = "parent", .type = FT_DEPARTMENT, .ref = &forms[DEPARTMENT]},
    {.id = "head", .path = "head", .col = "head", .type = FT_PERSON, .ref = &forms[PERSON]},
};
static struct field person_f[] = {
    {.id = "name", .path = "name", .col = "name", .type = FT_TEXT},
    {.id = "department", .path = "department", .col = "department_", .type = FT_DEPARTMENT, .ref = &forms[DEPARTMENT]},
    {.id = "left_on", .path = "left_on", .col = "left_on", .type = FT_DATE},
};
static struct field assignment_f[] = {
    {.id = "person", .path = "person", .col = "person", .type = FT_PERSON, .ref = &forms[PERSON]},
    {.id = "role", .path = "role", .col = "role", .type = FT_ROLE},
    {.id = "from_on", .path = "from_on", .col = "from_on", .type = FT_DATE},
    {.id = "to_on", .path = "to_on", .col = "to_on", .type = FT_DATE},
};
static struct field asset_f[] = {
    {.id = "name", .path = "name", .col = "name", .type = FT_TEXT},
    {.id = "confidentiality", .path = "confidentiality", .col = "confidentiality", .type = FT_CHOICE, .of = &conf},
    {.id = "owner_dept", .path = "owner_dept", .col = "owner_dept", .type = FT_DEPARTMENT, .ref = &forms[DEPARTMENT]},
    {.id = "medium", .path = "medium", .col = "medium", .type = FT_CHOICE, .of = &media},
    {.id = "basis", .path = "basis", .col = "basis", .type = FT_MULTI, .of = &media},
    {.id = "price", .path = "price", .col = "price", .type = FT_MONEY},
    {.id = "active", .path = "active", .col = "active", .type = FT_BOOL},
};
static struct field item_cols[] = {
    {.id = "asset", .path = "items.asset", .col = "asset", .type = FT_REF, .ref = &forms[ASSET]},
    {.id = "medium", .path = "items.medium", .col = "medium", .type = FT_CHOICE, .of = &media},
    {.id = "encrypted", .path = "items.encrypted", .col = "encrypted", .type = FT_BOOL},
    {.id = "n", .path = "items.n", .col = "n", .type = FT_INT},
};
static struct field takeout_f[] = {
    {.id = "destination", .path = "destination", .col = "destination", .type = FT_TEXT},
    {.id = "carrier", .path = "carrier", .col = "carrier", .type = FT_PERSON, .ref = &forms[PERSON]},
    {.id = "asset", .path = "asset", .col = "asset", .type = FT_REF, .ref = &forms[ASSET]},
    {.id = "return_on", .path = "return_on", .col = "return_on", .type = FT_DATE},
    {.id = "out_at", .path = "out_at", .col = "out_at", .type = FT_DATETIME},
    {.id = "amount", .path = "amount", .col = "amount", .type = FT_INT},
    {.id = "rate", .path = "rate", .col = "rate", .type = FT_NUMBER},
    {.id = "encrypted", .path = "encrypted", .col = "encrypted", .type = FT_BOOL},
    {.id = "medium", .path = "medium", .col = "medium", .type = FT_CHOICE, .of = &media},
    {.id = "level", .path = "level", .col = "level", .type = FT_CHOICE, .of = &conf},
    {.id = "basis", .path = "basis", .col = "basis", .type = FT_MULTI, .of = &media},
    {.id = "viewers", .path = "viewers", .col = "viewers", .type = FT_PERSON, .ref = &forms[PERSON], .many = true},
    {.id = "items", .path = "items", .col = "items", .type = FT_TABLE, .cols = item_cols, .cols_n = ARRAY_N(item_cols)},
    {.id = "note", .path = "sme.note", .col = "sme__note", .type = FT_TEXT, .pack = &packs[1]},
    {.id = "grade", .path = "sme.grade", .col = "sme__grade", .type = FT_CHOICE, .of = &conf, .pack = &packs[1]},
    {.id = "lines", .path = "sme.lines", .col = "sme__lines", .type = FT_TABLE, .cols = item_cols, .cols_n = ARRAY_N(item_cols), .pack = &packs[1]},
};

#define FORM(name, f) {.id = name, .ident = name, .pack = &packs[0], .field = f, .field_n = ARRAY_N(f)}
static struct form forms[FORMS] = {
    [DEPARTMENT] = FORM("department", department_f), [PERSON] = FORM("person", person_f), [ASSIGNMENT] = FORM("assignment", assignment_f),
    [ASSET] = FORM("asset", asset_f), [TAKEOUT] = FORM("takeout", takeout_f),
};
static struct role roles[] = {
    {.id = "employee", .key = "core:employee", .pack = &packs[0], .everyone = true},
    {.id = "head_of_department", .key = "core:head_of_department", .pack = &packs[0], .derived_head = true},
    {.id = "security_officer", .key = "core:security_officer", .pack = &packs[0]},
    {.id = "officer", .key = "sme:officer", .pack = &packs[1], .is = "security_officer"},
    {.id = "clerk", .key = "sme:clerk", .pack = &packs[1]},
};
static struct effective values[] = {
    {.key = "core.fiscal_start", .value = "4"}, {.key = "sme.max_days", .value = "14"}, {.key = "sme.words", .value = "tokyo, kyoto、Osaka\n大阪"},
    {.key = "sme.retain", .value = "P3Y"}, {.key = "sme.strict", .value = "true"}, {.key = "sme.since", .value = "2026-04-01"},
    {.key = "sme.keep", .value = "P1M"}, {.key = "sme.renew", .value = "P85D"}, {.key = "sme.lock", .value = "PT90M"}, {.key = "sme.idle", .value = "PT1H"},
    {.key = "sme.redo", .value = "P400D"}, {.key = "sme.odd", .value = "PT36H"},      /* each in another unit than the default */
    {.key = "sme.unit", .value = "folder"}, {.key = "sme.measures", .value = "usb hdd"},
};
static const struct pack_set set = {
    .id = 1, .pack = packs, .pack_n = ARRAY_N(packs), .form = forms, .form_n = FORMS, .role = roles, .role_n = ARRAY_N(roles),
    .effective = values, .effective_n = ARRAY_N(values),
};

const struct pack_set *condset(void) { return &set; }

struct cond_scope condset_scope(void) { return (struct cond_scope){.set = &set, .r = &forms[TAKEOUT], .pack = &packs[1]}; }
