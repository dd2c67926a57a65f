/* Expectations on one record, its tasks and its route. Those on duties, articles, roles and the ledger: scene_expect_state.c. */
#include "scene/scene.h"

static bool record_of(struct run *r, const char *who, int64_t id, struct reply *p)
{
    return ask_get(r, who, mem_fmt(r->step, "/api/v1/records/%lld", (long long)id), p);
}

/* As the person of `as` if they may see it, else as the administrator: expectations look, they do not act. */
static bool record_seen(struct run *r, int64_t id, struct reply *p)
{
    if (r->who != NULL && record_of(r, r->who, id, p) && p->status == 200)
        return true;
    if (!record_of(r, r->base->admin, id, p))
        return false;
    return p->status == 200 ? true : run_fail(r, "a record that can be seen", reply_text(r->step, p));
}

static const char *text_of(struct run *r, const struct json *v)
{
    switch (json_type(v)) {
    case JSON_NULL:
        return NULL;
    case JSON_STR:
        return json_str(v);
    case JSON_BOOL: case JSON_INT: case JSON_REAL: case JSON_ARR: case JSON_OBJ:
        return json_text(r->step, v);
    }
    return NULL;
}

/* state, number, title, ... of the record; else a field of the draft, or of what is in force when there is no draft. */
static const char *value_of(struct run *r, const struct json *rec, const char *key)
{
    static const char *const slots[] = {"draft", "force"};
    if (json_get(rec, key) != NULL && strcmp(key, "draft") != 0 && strcmp(key, "force") != 0)
        return text_of(r, json_get(rec, key));
    for (size_t i = 0; i < ARRAY_N(slots); i++) {
        size_t n = strlen(slots[i]);
        if (strncmp(key, slots[i], n) == 0 && key[n] == '.')
            return text_of(r, json_get(json_get(rec, slots[i]), key + n + 1));
    }
    const struct json *c = json_get(rec, "draft") ? json_get(rec, "draft") : json_get(rec, "force");
    return text_of(r, json_get(c, key));
}

/* A time is kept as microseconds, a reference as an id: what a person would write is accepted too. */
static bool same_value(struct run *r, const char *have, const char *want)
{
    int64_t id, us;
    struct reply p;
    if (have == NULL || strcmp(want, "null") == 0)
        return have == NULL && (strcmp(want, "null") == 0 || want[0] == '\0');
    if (strcmp(have, want) == 0)
        return true;
    if (!str_to_i64(str_of(have), &id))
        return false;
    if ((strcmp(want, "yes") == 0 && id == 1) || (strcmp(want, "no") == 0 && id == 0))
        return true;
    if (datetime_read_loose(r->step, str_of(want), &us) && us == id)
        return true;
    bool was = r->hushed;
    r->hushed = true;
    bool got = id > 0 && record_of(r, r->base->admin, id, &p) && p.status == 200;
    r->hushed = was;
    return got && (text_eq(json_get_str(p.json, "title"), want) || text_eq(json_get_str(p.json, "number"), want) ||
                   text_eq(json_get_str(json_get(p.json, "force"), "login"), want));
}

/* KEY=value, KEY!=value, KEY~part */
static bool condition(struct run *r, const struct json *rec, const char *text)
{
    size_t n = strcspn(text, "=!~");
    char op = text[n];
    const char *want = text + n + 1 + (op == '!'), *have = value_of(r, rec, mem_strndup(r->step, text, n));
    bool ok;
    if (op == '\0' || (op == '!' && text[n + 1] != '='))
        return run_bad(r, mem_fmt(r->step, "%s: KEY=value, KEY!=value or KEY~part", text));
    if (op == '~')
        ok = have != NULL && strstr(have, want) != NULL;
    else
        ok = same_value(r, have, want) == (op == '=');
    return ok ? true : run_fail(r, text, mem_fmt(r->step, "%s (%s)", have ? have : "null", json_text(r->step, rec)));
}

static bool expect_record(struct run *r, struct args *a, const char *name)
{
    struct reply p;
    int64_t id = record_id(r, name);
    const struct word *w = args_next(a);
    if (id == 0 || !record_seen(r, id, &p))
        return false;
    if (w == NULL)
        return run_bad(r, "expect VAR KEY=value...");
    for (; w != NULL; w = args_next(a))
        if (strcmp(w->raw, "field") != 0 && !condition(r, p.json, filled(r, w->text)))
            return false;
    return true;
}

/* ---- tasks ---- */

struct task_want { const char *name, *who; int64_t of; const char *state; bool overdue; const char *due; };

static bool task_is(struct run *r, const struct json *t, const struct task_want *w, int64_t person)
{
    const char *n = json_get_str(t, "name"), *colon = n ? strrchr(n, ':') : NULL, *duty = json_get_str(t, "duty");
    bool named = text_eq(n, w->name) || (colon != NULL && strcmp(colon + 1, w->name) == 0) || text_eq(duty, w->name);
    if (!named || (person != 0 && json_get_i64(t, "person", 0) != person) || (w->of != 0 && json_get_i64(t, "record", 0) != w->of))
        return false;
    if (w->state != NULL && !text_eq(json_get_str(t, "state"), w->state))
        return false;
    int64_t due = json_get_i64(t, "due", 0), want = 0;
    struct civil day;
    if (w->due != NULL && civil_read(str_of(w->due), &day))                      /* due on a day: until its end */
        want = civil_end_us(day);
    else if (w->due != NULL && !datetime_read_loose(r->step, str_of(w->due), &want))
        return false;
    if (w->due != NULL && want != due)
        return false;
    return !w->overdue || json_get_bool(t, "overdue");
}

static bool person_id(struct run *r, const char *login, int64_t *ret)
{
    struct reply p;
    if (!ask_get(r, r->base->admin, mem_fmt(r->step, "/api/v1/forms/person/resolve?q=%s", url_text(r->step, login)), &p))
        return false;
    *ret = json_get_i64(p.json, "record", 0);
    return *ret != 0 ? true : run_fail(r, mem_fmt(r->step, "a person %s", login), reply_text(r->step, &p));
}

/* expect [no] task NAME [for WHO] [of VAR] [open|done|overdue] [due:DATE] */
static bool expect_task(struct run *r, struct args *a, bool no)
{
    struct task_want w = {0};
    const struct word *x = args_next(a);
    struct reply p;
    int64_t person = 0;
    if (x == NULL)
        return run_bad(r, "expect task NAME for WHO");
    w.name = x->text;
    while (!args_end(a)) {
        if (args_take(a, "for")) {
            if ((w.who = args_who(a)) == NULL)
                return false;
        } else if (args_take(a, "of")) {
            if ((w.of = args_record(a)) == 0)
                return false;
        } else if (args_take(a, "overdue")) {
            w.overdue = true;
        } else {
            x = args_next(a);
            if (strncmp(x->text, "due:", 4) == 0)
                w.due = filled(r, x->text + 4);
            else
                w.state = x->text;
        }
    }
    if (w.who == NULL && w.of == 0)
        return run_bad(r, "expect task NAME for WHO, or of VAR");
    if (w.who != NULL && !person_id(r, w.who, &person))
        return false;
    if (w.of != 0 ? !record_seen(r, w.of, &p) : !ask_get(r, w.who, "/api/v1/desk", &p))
        return false;
    const struct json *tasks = json_get(p.json, "tasks");
    size_t n = 0;
    for (size_t i = 0; i < json_n(tasks); i++)
        n += task_is(r, json_at(tasks, i), &w, person);
    char *what = mem_fmt(r->step, "%s task %s%s%s%s%s", no ? "no" : "a", w.name, w.who ? " for " : "", w.who ? w.who : "", w.overdue ? ", overdue" : "", w.state ? w.state : "");
    return (n > 0) != no ? true : run_fail(r, what, tasks ? json_text(r->step, tasks) : "no tasks");
}

/* ---- route ---- */

/* expect [no] waiting VAR for WHO: an approval waits on that person's desk. */
static bool expect_waiting(struct run *r, struct args *a, bool no)
{
    struct reply p;
    int64_t id = args_record(a);
    if (id == 0 || !args_take(a, "for"))
        return id == 0 ? false : run_bad(r, "expect waiting VAR for WHO");
    const char *who = args_who(a);
    if (who == NULL || !ask_get(r, who, "/api/v1/desk", &p))
        return false;
    const struct json *w = json_get(p.json, "waiting");
    bool found = false;
    for (size_t i = 0; i < json_n(w); i++)
        found = found || json_get_i64(json_at(w, i), "record", 0) == id;
    return found != no ? true : run_fail(r, mem_fmt(r->step, "%s waits for %s", no ? "it no longer" : "it", who), json_text(r->step, p.json));
}

static bool sits(const struct json *who, int64_t person)
{
    for (size_t i = 0; i < json_n(who); i++)
        if (json_get_i64(json_at(who, i), "person", 0) == person)
            return true;
    return false;
}

/* expect [no] step VAR NAME [state=open] [who=LOGIN] */
static bool expect_step(struct run *r, struct args *a, bool no)
{
    struct reply p;
    int64_t id = args_record(a), person = 0;
    const struct word *name = args_next(a), *w;
    const char *state = NULL;
    bool found = false;
    if (id == 0 || name == NULL)
        return id == 0 ? false : run_bad(r, "expect step VAR NAME");
    while ((w = args_next(a)) != NULL) {
        if (strncmp(w->text, "state=", 6) == 0)
            state = w->text + 6;
        else if (strncmp(w->text, "who=", 4) != 0)
            return run_bad(r, "state=... who=...");
        else if (!person_id(r, w->text + 4, &person))
            return false;
    }
    if (!record_seen(r, id, &p))
        return false;
    const struct json *steps = json_get(p.json, "steps");
    for (size_t i = 0; i < json_n(steps); i++) {
        const struct json *s = json_at(steps, i);
        const char *key = json_get_str(s, "step"), *colon = key ? strrchr(key, ':') : NULL;
        bool named = text_eq(key, name->text) || (colon != NULL && strcmp(colon + 1, name->text) == 0);
        found = found || (named && (state == NULL || text_eq(json_get_str(s, "state"), state)) && (person == 0 || sits(json_get(s, "who"), person)));
    }
    return found != no ? true : run_fail(r, mem_fmt(r->step, "%s step %s", no ? "no" : "a", name->text), steps ? json_text(r->step, steps) : "-");
}

/* expect [no] may VAR ACT: the button that the person of `as` has. */
static bool expect_may(struct run *r, struct args *a, bool no)
{
    struct reply p;
    int64_t id = args_record(a);
    const struct word *act = args_next(a);
    bool found = false;
    if (id == 0 || act == NULL)
        return id == 0 ? false : run_bad(r, "expect may VAR ACT");
    if (!ask_get(r, r->who, mem_fmt(r->step, "/api/v1/records/%lld", (long long)id), &p))
        return false;
    const struct json *may = json_get(p.json, "may");
    for (size_t i = 0; i < json_n(may); i++)
        found = found || text_eq(json_str(json_at(may, i)), act->text);
    return found != no ? true : run_fail(r, mem_fmt(r->step, "%s may%s %s", r->who, no ? " not" : "", act->text), reply_text(r->step, &p));
}

/* expect [no] visible VAR: for the person of `as`. */
static bool expect_visible(struct run *r, struct args *a, bool no)
{
    struct reply p;
    int64_t id = args_record(a);
    if (id == 0 || !record_of(r, r->who, id, &p))
        return false;
    return (p.status == 200) != no && (p.status == 200 || p.status == 404) ? true : run_fail(r, no ? "404" : "200", reply_text(r->step, &p));
}

/* expect acts VAR create submit approve: everything that was done to it, in order. */
static bool expect_acts(struct run *r, struct args *a)
{
    struct reply p;
    int64_t id = args_record(a);
    const struct word *w;
    size_t i = 0;
    if (id == 0 || !ask_get(r, r->base->admin, mem_fmt(r->step, "/api/v1/records/%lld/history", (long long)id), &p))
        return false;
    if (p.status != 200 && !ask_get(r, r->who, mem_fmt(r->step, "/api/v1/records/%lld/history", (long long)id), &p))
        return false;
    const struct json *acts = json_get(p.json, "acts");
    for (; (w = args_next(a)) != NULL; i++)
        if (i >= json_n(acts) || !text_eq(json_get_str(json_at(acts, json_n(acts) - 1 - i), "kind"), w->text))
            return run_fail(r, mem_fmt(r->step, "act %zu is %s", i + 1, w->text), reply_text(r->step, &p));
    return i == json_n(acts) ? true : run_fail(r, mem_fmt(r->step, "%zu acts", i), reply_text(r->step, &p));
}

bool expect_run(struct run *r, struct args *a, const char *verb)
{
    bool no = args_take(a, "no");
    const struct word *w = args_next(a);
    (void)verb;
    if (w == NULL)
        return run_bad(r, "expect what?");
    if (!settle(r))
        return false;
    static const struct { const char *name; bool (*fn)(struct run *, struct args *, bool); } kinds[] = {
        {"task", expect_task}, {"waiting", expect_waiting}, {"step", expect_step}, {"may", expect_may}, {"visible", expect_visible},
    };
    for (size_t i = 0; i < ARRAY_N(kinds); i++)
        if (strcmp(w->raw, kinds[i].name) == 0)
            return kinds[i].fn(r, a, no);
    if (strcmp(w->raw, "acts") == 0)
        return expect_acts(r, a);
    if (map_get(r->vars, w->text) != NULL || strchr(w->text, ':') != NULL)
        return no ? run_bad(r, "expect no VAR?") : expect_record(r, a, w->text);
    return expect_state(r, a, w->raw, no);
}
