/* pack_words: every keyword of the pack language, once. The reader fills structs along these tables, an unknown key is answered
 * with the nearest word of the same table, and docs/PACKS.md (pack_doc) prints them. Adding a keyword is adding a row. */
#include "pack/pack_int.h"
#include <string.h>

const char *const ftype_names = "text|longtext|int|number|money|date|datetime|month|duration|bool|choice|multi|ref|person|department|role|file|sign|table";
char *ftype_name(TALLOC_CTX *mem, enum ftype t) { return name_at(mem, ftype_names, (int)t); }

const char *const strength_names = "text|inform|measure|check|schedule|event|flow|enforce";

#define W(s, m) offsetof(struct raw_##s, m)
#define ROWS(s, name, text) {.context = (name), .kw = words_##s, .n = ARRAY_N(words_##s), .size = sizeof(struct raw_##s), .doc = (text)}

static const struct kw words_article[] = {
    {"id", KW_KEY, W(article, id), true, NULL, NULL, "number of the article in the source, e.g. \"3-2\""},
    {"title", KW_TEXT, W(article, title), true, NULL, NULL, "heading"},
    {"title_en", KW_TEXT, W(article, title_en), false, NULL, NULL, "heading in English"},
    {"chapter", KW_TEXT, W(article, chapter), false, NULL, NULL, "chapter it stands in"},
};
const struct kw_table kw_article = ROWS(article, "articles", "The regulation's articles, in the order and numbering of the source.");

static const struct kw words_pack[] = {
    {"pack", KW_IDENT, W(pack, id), true, NULL, NULL, "id of the pack: the name of its folder"},
    {"title", KW_TEXT, W(pack, title), true, NULL, NULL, "name of the regulation"},
    {"title_en", KW_TEXT, W(pack, title_en), false, NULL, NULL, "name in English"},
    {"version", KW_TEXT, W(pack, version), true, NULL, NULL, "version of the pack"},
    {"source", KW_TEXT, W(pack, source), false, NULL, NULL, "where the regulation comes from"},
    {"requires", KW_TEXTS, W(pack, requires), false, NULL, NULL, "packs whose forms, roles and lists this one may name (core always)"},
    {"separation", KW_ENUM, W(pack, separation), false, "never|waiver|countersign", NULL,
     "whether an exception from the separation of duties is possible (default never)"},
    {"countersign_days", KW_INT, W(pack, countersign_days), false, NULL, NULL, "days within which an outsider countersigns an exception"},
    {"demands", KW_INT, W(pack, demands), false, NULL, NULL, "how many duties the regulation has (its catalogue); what the pack carries is counted"},
    {"top_post", KW_IDENT, W(pack, top_post), false, NULL, NULL, "role that decides when nobody stands above the applicant"},
    {"articles", KW_LIST, W(pack, articles), false, NULL, &kw_article, "articles"},
};
const struct kw_table kw_pack = ROWS(pack, "pack.yaml", "The pack itself.");

static const struct kw words_exclusion[] = {
    {"role", KW_IDENT, W(exclusion, role), true, NULL, NULL, "the other role"},
    {"article", KW_KEY, W(exclusion, article), false, NULL, NULL, "article that forbids it: the refusal names it"},
};
const struct kw_table kw_exclusion = {.context = "exclusive_with", .kw = words_exclusion, .n = ARRAY_N(words_exclusion), .size = sizeof(struct raw_exclusion),
                                      .doc = "Roles that the same person may not hold: a role id, or a mapping.", .bare = "role"};
static const struct kw words_role[] = {
    {"id", KW_IDENT, W(role, id), true, NULL, NULL, "id"},
    {"name", KW_TEXT, W(role, name), true, NULL, NULL, "name"},
    {"name_en", KW_TEXT, W(role, name_en), false, NULL, NULL, "name in English"},
    {"is", KW_IDENT, W(role, is), false, NULL, NULL, "core role that is the same post: whoever holds one holds the other"},
    {"under", KW_IDENT, W(role, under), false, NULL, NULL, "role that it answers to: the line in the chart of the organisation"},
    {"optional", KW_BOOL, W(role, optional), false, NULL, NULL, "the regulation does not ask that somebody holds it: no vacancy is shown"},
    {"exclusive_with", KW_LIST, W(role, exclusive), false, NULL, &kw_exclusion, "roles that the same person may not hold"},
    {"summary", KW_TEXT, W(role, summary), false, NULL, NULL, "what the role does"},
    {"per", KW_ENUM, W(role, per), false, "department", NULL, "held once per department"},
    {"head_of_department", KW_BOOL, W(role, head_of_department), false, NULL, NULL, "derived: the head of a department holds it"},
    {"everyone", KW_BOOL, W(role, everyone), false, NULL, NULL, "every active person holds it"},
    {"sees_all", KW_BOOL, W(role, sees_all), false, NULL, NULL, "its holders read every record"},
    {"carries", KW_CARRIES, W(role, carries), false, NULL, NULL, "duties (flow: the register of appointments; enforce with exclusive_with)"},
};
const struct kw_table kw_role = ROWS(role, "roles", "Posts that people hold.");
static const struct kw words_file_roles[] = {{"roles", KW_LIST, W(file_roles, roles), true, NULL, &kw_role, "roles"}};
const struct kw_table kw_roles = ROWS(file_roles, "roles.yaml", NULL);

static const struct kw words_option[] = {
    {"id", KW_KEY, W(option, id), true, NULL, NULL, "stored value"},
    {"label", KW_TEXT, W(option, label), true, NULL, NULL, "what people read"},
    {"label_en", KW_TEXT, W(option, label_en), false, NULL, NULL, "label in English"},
};
const struct kw_table kw_option = ROWS(option, "options", "Options of a list, a field or a choice.");

static const struct kw words_param[] = {
    {"id", KW_IDENT, W(param, id), true, NULL, NULL, "id; {id} in texts, param('id') in conditions"},
    {"label", KW_TEXT, W(param, label), true, NULL, NULL, "what the adopter fills in"},
    {"label_en", KW_TEXT, W(param, label_en), false, NULL, NULL, "label in English"},
    {"type", KW_ENUM, W(param, type), true, "text|longtext|int|number|money|date|datetime|month|duration|bool|choice|multi|ref|person|department|role|file|sign|table",
     NULL, "type of the value"},
    {"default", KW_VALUE, W(param, dflt), false, NULL, NULL, "value before the adopter decides; absent or null: open"},
    {"article", KW_KEY, W(param, article), false, NULL, NULL, "article that names it"},
    {"is", KW_IDENT, W(param, is), false, NULL, NULL, "core setting that is the same figure: the strictest value counts for all"},
    {"stricter", KW_ENUM, W(param, stricter), false, "min|max", NULL, "which end is stricter"},
    {"stated", KW_BOOL, W(param, stated), false, NULL, NULL, "true: the figure stands in the source; false: a default of ours"},
    {"many", KW_BOOL, W(param, many), false, NULL, NULL, "several values"},
    {"note", KW_TEXT, W(param, note), false, NULL, NULL, "explanation"},
    {"carries", KW_CARRIES, W(param, carries), false, NULL, NULL, "duties (strength flow)"},
};
const struct kw_table kw_param = ROWS(param, "parameters", "Words and figures that the adopter fills in.");
static const struct kw words_choice[] = {
    {"id", KW_IDENT, W(choice, id), true, NULL, NULL, "id; choice('id') in conditions, :::choose id in the text"},
    {"label", KW_TEXT, W(choice, label), true, NULL, NULL, "the question"},
    {"label_en", KW_TEXT, W(choice, label_en), false, NULL, NULL, "label in English"},
    {"options", KW_LIST, W(choice, options), true, NULL, &kw_option, "the alternatives"},
    {"many", KW_BOOL, W(choice, many), false, NULL, NULL, "several may be chosen"},
    {"default", KW_VALUE, W(choice, dflt), false, NULL, NULL, "option id, or a list of them with many"},
    {"article", KW_KEY, W(choice, article), false, NULL, NULL, "article"},
    {"note", KW_TEXT, W(choice, note), false, NULL, NULL, "effect"},
    {"is", KW_IDENT, W(choice, is), false, NULL, NULL, "core choice that is the same question"},
    {"carries", KW_CARRIES, W(choice, carries), false, NULL, NULL, "duties (strength flow)"},
};
const struct kw_table kw_choice = ROWS(choice, "choices", "Alternatives of the text, of which the adopter picks.");
static const struct kw words_file_settings[] = {
    {"parameters", KW_LIST, W(file_settings, parameters), false, NULL, &kw_param, "words and figures to fill in"},
    {"choices", KW_LIST, W(file_settings, choices), false, NULL, &kw_choice, "alternatives to pick"},
};
const struct kw_table kw_settings = ROWS(file_settings, "settings.yaml", NULL);

static const struct kw words_set[] = {
    {"id", KW_IDENT, W(set, id), true, NULL, NULL, "id, named by `of:`"},
    {"label", KW_TEXT, W(set, label), false, NULL, NULL, "name of the list"},
    {"label_en", KW_TEXT, W(set, label_en), false, NULL, NULL, "name in English"},
    {"ordered", KW_BOOL, W(set, ordered), false, NULL, NULL, "the options stand from the least to the strictest"},
    {"options", KW_LIST, W(set, options), true, NULL, &kw_option, "options"},
};
const struct kw_table kw_list = ROWS(set, "lists", "Option lists that several fields share.");
static const struct kw words_file_lists[] = {{"lists", KW_LIST, W(file_lists, lists), true, NULL, &kw_list, "lists"}};
const struct kw_table kw_lists = ROWS(file_lists, "lists.yaml", NULL);

static const struct kw words_duty[] = {
    {"id", KW_KEY, W(duty, id), true, NULL, NULL, "id: pack, article, letter"},
    {"article", KW_KEY, W(duty, article), true, NULL, NULL, "article that demands it"},
    {"who", KW_TEXTS, W(duty, who), false, NULL, NULL, "roles that have it"},
    {"must", KW_TEXT, W(duty, must), true, NULL, NULL, "one sentence"},
    {"must_en", KW_TEXT, W(duty, must_en), false, NULL, NULL, "the sentence in English"},
    {"how", KW_ENUMS, W(duty, how), true, "text|inform|measure|check|schedule|event|flow|enforce", NULL, "one or two strengths, the strongest first"},
    {"only_if", KW_TEXT, W(duty, only_if), false, NULL, NULL, "choice=option under which the duty exists"},
    {"weaker_because", KW_TEXT, W(duty, weaker), false, NULL, NULL, "why it is carried with less strength than demanded"},
};
const struct kw_table kw_duty = ROWS(duty, "duties", "What the regulation demands; ids as in requirements/<pack>.yaml.");
static const struct kw words_file_duties[] = {{"duties", KW_LIST, W(file_duties, duties), true, NULL, &kw_duty, "duties"}};
const struct kw_table kw_duties = ROWS(file_duties, "duties.yaml", NULL);

#define FTYPES "text|longtext|int|number|money|date|datetime|month|duration|bool|choice|multi|ref|person|department|role|file|sign|table"
static const struct kw words_field[] = {
    {"id", KW_IDENT, W(field, id), false, NULL, NULL, "id; r.<id> in conditions, <pack>.<id> outside a facet's pack"},
    {"refine", KW_IDENT, W(field, refine), false, NULL, NULL, "facets, instead of id: makes a field of the core form stricter"},
    {"label", KW_TEXT, W(field, label), false, NULL, NULL, "name"},
    {"label_en", KW_TEXT, W(field, label_en), false, NULL, NULL, "name in English"},
    {"type", KW_ENUM, W(field, type), false, FTYPES, NULL, "type"},
    {"required", KW_BOOL, W(field, required), false, NULL, NULL, "must be filled at its stage"},
    {"required_when", KW_COND, W(field, required_when), false, NULL, NULL, "condition under which it must be filled"},
    {"show_when", KW_COND, W(field, show_when), false, NULL, NULL, "condition under which it is asked at all"},
    {"stage", KW_IDENT, W(field, stage), false, NULL, NULL, "submit (default), a step id, approved, close"},
    {"of", KW_IDENT, W(field, of), false, NULL, NULL, "choice, multi: a list of lists.yaml"},
    {"options", KW_LIST, W(field, options), false, NULL, &kw_option, "choice, multi: options given here"},
    {"ordered", KW_BOOL, W(field, ordered), false, NULL, NULL, "the options given here stand from the least to the strictest"},
    {"all_ticked", KW_BOOL, W(field, all_ticked), false, NULL, NULL, "multi: every option must be ticked"},
    {"allowed", KW_COND, W(field, allowed), false, NULL, NULL, "choice, multi: condition over r and `option` that holds for what may be chosen"},
    {"form", KW_FORM, W(field, form), false, NULL, NULL, "ref: the form it points to"},
    {"many", KW_BOOL, W(field, many), false, NULL, NULL, "ref, person, department, file: several"},
    {"columns", KW_LIST, W(field, columns), false, NULL, &kw_field, "table: its columns"},
    {"min", KW_INT, W(field, min), false, NULL, NULL, "least number, or number of characters"},
    {"max", KW_INT, W(field, max), false, NULL, NULL, "greatest number, or number of characters"},
    {"pattern", KW_TEXT, W(field, pattern), false, NULL, NULL, "text: mac, ip, email, tel, postal, url_https, code; int: year (shown without commas)"},
    {"audited_by", KW_IDENT, W(field, audited_by), false, NULL, NULL, "department, ref: the person field (of the same table or form) or `made_by` that audits it: never of that department, never the maker of that record"},
    {"unique", KW_BOOL, W(field, unique), false, NULL, NULL, "no two records in force with the same value"},
    {"personal", KW_BOOL, W(field, personal), false, NULL, NULL, "personal data: blanked when a person is erased"},
    {"listed", KW_BOOL, W(field, listed), false, NULL, NULL, "a column of the list page"},
    {"item", KW_KEY, W(field, item), false, NULL, NULL, "number of the item, of those that a law asks for, which the field answers: while it is empty, the page says what is missing"},
    {"indexed", KW_BOOL, W(field, indexed), false, NULL, NULL, "lists and conditions search by it"},
    {"ongoing", KW_BOOL, W(field, ongoing), false, NULL, NULL, "of stage submit: also filled in and changed while the record is in force, without a new approval; the rules of submission are asked again"},
    {"fill_by", KW_WHO, W(field, fill_by), false, NULL, NULL, "who alone fills it in once the record is in force (default: who may fill the record)"},
    {"default", KW_COND, W(field, dflt), false, NULL, NULL, "condition text whose value a new record starts with"},
    {"value", KW_COND, W(field, value), false, NULL, NULL, "values: the computed value"},
    {"help", KW_TEXT, W(field, help), false, NULL, NULL, "explanation under the field"},
    {"help_en", KW_TEXT, W(field, help_en), false, NULL, NULL, "the same in English"},
    {"group", KW_TEXT, W(field, group), false, NULL, NULL, "heading under which fields stand together"},
    {"carries", KW_CARRIES, W(field, carries), false, NULL, NULL, "duties (enforce when required, restricted or computed; else flow)"},
};
const struct kw_table kw_field = ROWS(field, "fields, columns, values", "Fields of a form, columns of a table field, computed values.");

static const struct kw words_rule[] = {
    {"id", KW_KEY, W(rule, id), true, NULL, NULL, "id; the refusal code is <pack>:<id>"},
    {"when", KW_COND, W(rule, when), true, NULL, NULL, "condition; unknown refuses too"},
    {"deny", KW_TEXT, W(rule, deny), false, NULL, NULL, "refuses with this text"},
    {"warn", KW_TEXT, W(rule, warn), false, NULL, NULL, "tells this text"},
    {"text_en", KW_TEXT, W(rule, text_en), false, NULL, NULL, "the text in English"},
    {"at", KW_IDENT, W(rule, at), false, NULL, NULL, "submit (default: at submission and every later act), save, approve, close, a step id"},
    {"field", KW_TEXT, W(rule, field), false, NULL, NULL, "field at which the text is shown"},
    {"article", KW_KEY, W(rule, article), false, NULL, NULL, "article"},
    {"carries", KW_CARRIES, W(rule, carries), false, NULL, NULL, "duties (deny: enforce; warn: inform)"},
};
const struct kw_table kw_rule = ROWS(rule, "rules", "What a record may not be.");

static const struct kw words_step[] = {
    {"id", KW_IDENT, W(step, id), true, NULL, NULL, "id; fields may be filled at this stage"},
    {"kind", KW_ENUM, W(step, kind), false, "confirm|approve|receive", NULL, "default approve"},
    {"label", KW_TEXT, W(step, label), true, NULL, NULL, "name of the step, the post on the stamp box"},
    {"label_en", KW_TEXT, W(step, label_en), false, NULL, NULL, "name in English"},
    {"by", KW_WHO, W(step, by), true, NULL, NULL, "who acts"},
    {"when", KW_COND, W(step, when), false, NULL, NULL, "condition under which the step is needed; default always"},
    {"n", KW_INT, W(step, n), false, NULL, NULL, "how many different people (default 1)"},
    {"distinct", KW_BOOL, W(step, distinct), false, NULL, NULL, "nobody who acted in another step"},
    {"article", KW_KEY, W(step, article), false, NULL, NULL, "article"},
    {"carries", KW_CARRIES, W(step, carries), false, NULL, NULL, "duties (strength flow; with distinct: enforce)"},
};
const struct kw_table kw_step = ROWS(step, "route", "The steps that a record must pass, in order.");
static const struct kw words_no_approval[] = {
    {"when", KW_COND, W(no_approval, when), true, NULL, NULL, "condition under which no step is needed"},
    {"because", KW_TEXT, W(no_approval, because), true, NULL, NULL, "reason, shown on the record"},
    {"carries", KW_CARRIES, W(no_approval, carries), false, NULL, NULL, "duties (strength flow)"},
};
const struct kw_table kw_no_approval = ROWS(no_approval, "no_approval", "When a form with a route needs none.");
static const struct kw words_then[] = {
    {"id", KW_KEY, W(then, id), true, NULL, NULL, "id"},
    {"on", KW_TEXT, W(then, on), false, NULL, NULL, "in_force (default), submitted, closed, returned, rejected, void, a step id, or `set <field>`"},
    {"when", KW_COND, W(then, when), false, NULL, NULL, "condition"},
    {"task", KW_TEXT, W(then, task), true, NULL, NULL, "title of the task"},
    {"task_en", KW_TEXT, W(then, task_en), false, NULL, NULL, "title in English"},
    {"by", KW_WHO, W(then, by), true, NULL, NULL, "who has the task"},
    {"due", KW_COND, W(then, due), false, NULL, NULL, "date or time by which"},
    {"done", KW_COND, W(then, done), false, NULL, NULL, "condition that closes the task"},
    {"follows", KW_BOOL, W(then, follows), false, NULL, NULL, "on in_force: asked again at each fill; the task opens when its condition comes to hold, and is dropped when it no longer does (unknown changes nothing); what was done stays done"},
    {"make", KW_FORM, W(then, make), false, NULL, NULL, "form that the task asks to fill in"},
    {"carries", KW_CARRIES, W(then, carries), false, NULL, NULL, "duties (strength event)"},
};
const struct kw_table kw_then = ROWS(then, "then", "What follows: tasks that an event of the record opens.");
static const struct kw words_keep[] = {
    {"from", KW_TEXT, W(keep, from), true, NULL, NULL, "closed, in_force, made, or a date field"},
    {"floor", KW_MONTHS, W(keep, floor), false, NULL, NULL, "kept at least"},
    {"ceiling", KW_MONTHS, W(keep, ceiling), false, NULL, NULL, "erased at the latest"},
    {"note", KW_TEXT, W(keep, note), false, NULL, NULL, "explanation"},
};
const struct kw_table kw_keep = ROWS(keep, "keep", "Retention.");

static const struct kw words_form[] = {
    {"form", KW_FORM, W(form, form), true, NULL, NULL, "id: a lower-case identifier in core, the regulation's number elsewhere"},
    {"is", KW_FORM, W(form, is), false, NULL, NULL, "the form that this one is a facet of"},
    {"kind", KW_ENUM, W(form, kind), false, "row|book|log", NULL, "row (default): runs its own route; book: its approval is of all rows of another form, as they are when it is handed in; log: rows are only added and corrected by new ones: no route, then, closes, later stage, unique or file"},
    {"book_of", KW_FORM, W(form, book_of), false, NULL, NULL, "book: the form (of kind row) whose rows it approves; of one department when the form names a field as its department and that is filled"},
    {"category", KW_ENUM, W(form, category), false, "register|application|record|report|plan|checklist|certificate|notice|contract", NULL, "what it is"},
    {"room", KW_ENUM, W(form, room), false, "registers|applications|incidents|education|audit|vendors|rights|documents|settings", NULL,
     "screen it belongs to (default: applications for applications, else registers)"},
    {"see", KW_ENUM, W(form, see), false, "all|department|route", NULL, "who sees a record besides its maker and its route (default department)"},
    {"name", KW_TEXT, W(form, name), true, NULL, NULL, "name"},
    {"name_en", KW_TEXT, W(form, name_en), false, NULL, NULL, "name in English"},
    {"article", KW_KEY, W(form, article), false, NULL, NULL, "article"},
    {"applies", KW_COND, W(form, applies), false, NULL, NULL, "facets: when a record carries this facet (default always)"},
    {"number", KW_TEXT, W(form, number), false, NULL, NULL, "number: text with {fy} and {seq:4}"},
    {"title", KW_TEXT, W(form, title), false, NULL, NULL, "title: text with {field}"},
    {"department", KW_TEXT, W(form, department), false, NULL, NULL, "field that decides the record's department"},
    {"make", KW_WHOS, W(form, make), false, NULL, NULL, "who may make one (default everyone)"},
    {"closes", KW_ENUM, W(form, closes), false, "manual|filled|never", NULL, "how it is closed (default manual; registers never)"},
    {"tasks_first", KW_BOOL, W(form, tasks_first), false, NULL, NULL, "closed only when the tasks of its `then` are done"},
    {"proof", KW_BOOL, W(form, proof), false, NULL, NULL, "true: whoever submits, approves or ends a record proves anew who they are when the last proof is too old (what gives power: roles, heads, deputies)"},
    {"grace", KW_INT, W(form, grace), false, NULL, NULL, "days; an older claimed date is shown as recorded afterwards"},
    {"note", KW_TEXT, W(form, note), false, NULL, NULL, "explanation"},
    {"carries", KW_CARRIES, W(form, carries), false, NULL, NULL, "duties that the register itself carries (strength flow)"},
    {"fields", KW_LIST, W(form, fields), false, NULL, &kw_field, "fields"},
    {"values", KW_LIST, W(form, values), false, NULL, &kw_field, "computed fields: stored, bound by approvals"},
    {"rules", KW_LIST, W(form, rules), false, NULL, &kw_rule, "rules"},
    {"route", KW_LIST, W(form, route), false, NULL, &kw_step, "steps"},
    {"no_approval", KW_MAP, W(form, no_approval), false, NULL, &kw_no_approval, "when no step is needed"},
    {"then", KW_LIST, W(form, then), false, NULL, &kw_then, "what follows"},
    {"keep", KW_MAP, W(form, keep), false, NULL, &kw_keep, "retention"},
};
const struct kw_table kw_form = ROWS(form, "forms/*.yaml", "One form a file.");

static const struct kw words_check[] = {
    {"id", KW_KEY, W(check, id), true, NULL, NULL, "id"},
    {"article", KW_KEY, W(check, article), false, NULL, NULL, "article"},
    {"label", KW_TEXT, W(check, label), true, NULL, NULL, "name"},
    {"label_en", KW_TEXT, W(check, label_en), false, NULL, NULL, "name in English"},
    {"every", KW_TEXT, W(check, every), false, NULL, NULL, "<form> <alias>: each of them (that `where` picks) must satisfy `must`"},
    {"none", KW_TEXT, W(check, none), false, NULL, NULL, "<form> <alias>: each of them for which `where` holds violates"},
    {"within", KW_TEXT, W(check, within), false, NULL, NULL, "<form> <alias>: `must` must hold by `deadline`"},
    {"where", KW_COND, W(check, where), false, NULL, NULL, "which subjects"},
    {"must", KW_COND, W(check, must), false, NULL, NULL, "what must hold"},
    {"deadline", KW_COND, W(check, deadline), false, NULL, NULL, "date or time by which"},
    {"task_by", KW_WHO, W(check, task_by), false, NULL, NULL, "who gets a task for each violation"},
    {"text", KW_TEXT, W(check, text), false, NULL, NULL, "what to do about a violation"},
    {"text_en", KW_TEXT, W(check, text_en), false, NULL, NULL, "the same in English"},
    {"wide", KW_BOOL, W(check, wide), false, NULL, NULL, "has no path back to its subject: runs as a job"},
    {"carries", KW_CARRIES, W(check, carries), false, NULL, NULL, "duties (strength check)"},
};
const struct kw_table kw_check = ROWS(check, "checks", "Conditions over the records that must hold. One of every, none, within.");
static const struct kw words_file_checks[] = {{"checks", KW_LIST, W(file_checks, checks), true, NULL, &kw_check, "checks"}};
const struct kw_table kw_checks = ROWS(file_checks, "checks.yaml", NULL);

static const struct kw words_schedule[] = {
    {"id", KW_KEY, W(schedule, id), true, NULL, NULL, "id"},
    {"article", KW_KEY, W(schedule, article), false, NULL, NULL, "article"},
    {"label", KW_TEXT, W(schedule, label), true, NULL, NULL, "title of the task"},
    {"label_en", KW_TEXT, W(schedule, label_en), false, NULL, NULL, "title in English"},
    {"rrule", KW_TEXT, W(schedule, rrule), true, NULL, NULL, "RFC 5545 recurrence: FREQ=YEARLY;BYMONTH=6 (YEARLY, MONTHLY, WEEKLY, DAILY), without COUNT and UNTIL"},
    {"month", KW_IDENT, W(schedule, month), false, NULL, NULL, "parameter that gives the month of a YEARLY rule"},
    {"by", KW_WHO, W(schedule, by), true, NULL, NULL, "who has the task"},
    {"per", KW_TEXT, W(schedule, per), false, NULL, NULL, "one task for each: department, person, or a form"},
    {"make", KW_FORM, W(schedule, make), false, NULL, NULL, "form that the task asks to fill in: a record of it ends the task"},
    {"done", KW_COND, W(schedule, done), false, NULL, NULL, "condition over r, the record made: only such a one ends the task"},
    {"due", KW_DAYS, W(schedule, due), false, NULL, NULL, "time after the occurrence: P14D"},
    {"carries", KW_CARRIES, W(schedule, carries), false, NULL, NULL, "duties (strength schedule)"},
};
const struct kw_table kw_schedule = ROWS(schedule, "schedules", "Recurring tasks.");
static const struct kw words_file_schedules[] = {{"schedules", KW_LIST, W(file_schedules, schedules), true, NULL, &kw_schedule, "schedules"}};
const struct kw_table kw_schedules = ROWS(file_schedules, "schedules.yaml", NULL);

static const struct kw words_declaration[] = {
    {"id", KW_KEY, W(declaration, id), true, NULL, NULL, "id"},
    {"article", KW_KEY, W(declaration, article), false, NULL, NULL, "article"},
    {"label", KW_TEXT, W(declaration, label), true, NULL, NULL, "what is declared"},
    {"label_en", KW_TEXT, W(declaration, label_en), false, NULL, NULL, "in English"},
    {"source", KW_KEY, W(declaration, source), false, NULL, NULL, "data source that would measure it: src.fs"},
    {"by", KW_WHO, W(declaration, by), true, NULL, NULL, "who declares"},
    {"every", KW_MONTHS, W(declaration, every), true, NULL, NULL, "how often: P12M"},
    {"carries", KW_CARRIES, W(declaration, carries), false, NULL, NULL, "duties (measure where the duty demands measure, else schedule)"},
};
const struct kw_table kw_declaration = ROWS(declaration, "declarations", "Measures whose source is not connected: a dated declaration that counts as unknown.");
static const struct kw words_file_declarations[] = {
    {"declarations", KW_LIST, W(file_declarations, declarations), true, NULL, &kw_declaration, "declarations"}};
const struct kw_table kw_declarations = ROWS(file_declarations, "declarations.yaml", NULL);

static const struct kw words_clock[] = {
    {"id", KW_IDENT, W(clock, id), true, NULL, NULL, "id, named by deadline(start, 'id'); the same id again with another from is a later version"},
    {"label", KW_TEXT, W(clock, label), true, NULL, NULL, "what has to be done in that time"},
    {"label_en", KW_TEXT, W(clock, label_en), false, NULL, NULL, "in English"},
    {"article", KW_KEY, W(clock, article), false, NULL, NULL, "article"},
    {"days", KW_INT, W(clock, days), false, NULL, NULL, "the last day's number; the term ends with that day"},
    {"hours", KW_INT, W(clock, hours), false, NULL, NULL, "instead of days: exact, from the instant of the start"},
    {"day_one", KW_ENUM, W(clock, first), false, "start|next", NULL, "with days: the day of the start is day 1, or the day after it (default next)"},
    {"count", KW_ENUM, W(clock, count), false, "calendar|open", NULL, "with days: all days (default), or only those on which public bodies are open"},
    {"ends", KW_ENUM, W(clock, ends), false, "stands|next_open", NULL, "with days: a last day on which public bodies are closed stands (default), or moves to the next open day"},
    {"early", KW_INT, W(clock, early), false, NULL, NULL, "with days: number of the day from which to warn"},
    {"from", KW_TEXT, W(clock, from), false, NULL, NULL, "day from which it counts so (YYYY-MM-DD): what began before is counted by the version before, or by none"},
    {"source", KW_TEXT, W(clock, source), true, NULL, NULL, "law, guideline or contract that says so"},
    {"source_en", KW_TEXT, W(clock, source_en), false, NULL, NULL, "the same in English"},
};
const struct kw_table kw_clock = ROWS(clock, "clocks", "How terms are counted.");
static const struct kw words_file_clocks[] = {{"clocks", KW_LIST, W(file_clocks, clocks), true, NULL, &kw_clock, "clocks"}};
const struct kw_table kw_clocks = ROWS(file_clocks, "clocks.yaml", NULL);

const struct kw_table *const kw_all[] = {
    &kw_pack, &kw_article, &kw_roles, &kw_role, &kw_exclusion, &kw_settings, &kw_param, &kw_choice, &kw_lists, &kw_list, &kw_option, &kw_duties, &kw_duty,
    &kw_form, &kw_field, &kw_rule, &kw_step, &kw_no_approval, &kw_then, &kw_keep, &kw_checks, &kw_check, &kw_schedules, &kw_schedule,
    &kw_declarations, &kw_declaration, &kw_clocks, &kw_clock,
};
const size_t kw_all_n = ARRAY_N(kw_all);

const char *kw_type_name(enum kw_type t) {
    static const char *const names[KW__N] = {
        "text", "identifier", "key", "true or false", "whole number", "one of", "one or two of", "text or list of texts", "duty id or list of them",
        "condition", "who", "list of who", "value or list of values", "period (P3Y, P6M)", "period (P14D, P2W)", "list of", "mapping", "form",
    };
    return names[t];
}

int name_index(const char *names, const char *word) {
    struct str rest = str_of(names), part;
    for (int i = 1; str_next(&rest, '|', &part); i++)
        if (str_is(part, word))
            return i;
    return 0;
}

char *name_at(TALLOC_CTX *mem, const char *names, int index) {
    struct str rest = str_of(names), part;
    for (int i = 0; str_next(&rest, '|', &part); i++)
        if (i == index)
            return str_dup(mem, part);
    return NULL;
}

/* Edit distance with transposition, cut off above 2. Words are short. */
static int distance(const char *a, const char *b) {
    enum { MAX = 40 };
    size_t n = strlen(a), m = strlen(b);
    if (n >= MAX || m >= MAX || n > m + 2 || m > n + 2)
        return 3;
    int d[MAX + 1][MAX + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *name_near(TALLOC_CTX *mem, const char *const *names, size_t n, const char *word) {
    const char *found = NULL;
    int best = 3;
    size_t len = strlen(word);
    for (size_t i = 0; i < n; i++) {
        int d = distance(names[i], word);
        if (d < best && (size_t)d * 2 < len + 1) {
            best = d;
            found = names[i];
        }
    }
    return found ? mem_strdup(mem, found) : NULL;
}
