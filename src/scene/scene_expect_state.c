/* Expectations on the house: duties, checks, articles, the ledger, roles, lists, and the answer of the last command. */
#include "scene/scene.h"

/* Both kinds answer {state, failing: [{record, title, state}]}. */
static bool judged_state(struct run *r, struct args *a, const char *what, const char *path, const char *state)
{
    struct reply p;
    int64_t of = 0;
    const char *have;
    if (args_take(a, "for") && (of = args_record(a)) == 0)
        return false;
    if (!ask_get(r, r->base->admin, path, &p))
        return false;
    if (p.status != 200)
        return run_fail(r, what, reply_text(r->step, &p));
    have = json_get_str(p.json, "state");
    if (of != 0) {
        const struct json *f = json_get(p.json, "failing");
        have = "ok";
        for (size_t i = 0; i < json_n(f); i++)
            if (json_get_i64(json_at(f, i), "record", 0) == of && strcmp(have, "failing") != 0)
                have = json_get_str(json_at(f, i), "state");
    }
    return text_eq(have, state) ? true : run_fail(r, mem_fmt(r->step, "%s %s", what, state), mem_fmt(r->step, "%s: %s", have, reply_text(r->step, &p)));
}

/* expect duty KEY failing|ok|unknown|excepted|none [for VAR] */
static bool expect_duty(struct run *r, struct args *a, bool check)
{
    const struct word *key = args_next(a), *state = args_next(a);
    if (key == NULL || state == NULL)
        return run_bad(r, "expect duty KEY failing|ok|unknown|excepted|none [for VAR]");
    char *path = mem_fmt(r->step, "/api/v1/%s?key=%s", check ? "check" : "duty", url_text(r->step, key->text));
    return judged_state(r, a, key->text, path, state->text);
}

/* expect article PACK ARTICLE state=conforming|nonconforming|unknown|excepted|none */
static bool expect_article(struct run *r, struct args *a)
{
    struct reply p;
    const struct word *pack = args_next(a), *art = args_next(a), *w = args_next(a);
    if (pack == NULL || art == NULL || w == NULL || strncmp(w->text, "state=", 6) != 0)
        return run_bad(r, "expect article PACK ARTICLE state=...");
    if (!ask_get(r, r->base->admin, mem_fmt(r->step, "/api/v1/conformity/%s", url_text(r->step, pack->text)), &p))
        return false;
    const struct json *all = json_get(p.json, "articles");
    for (size_t i = 0; i < json_n(all); i++) {
        const struct json *x = json_at(all, i);
        if (!text_eq(json_get_str(x, "article"), art->text))
            continue;
        return text_eq(json_get_str(x, "state"), w->text + 6) ? true : run_fail(r, w->text, json_text(r->step, x));
    }
    return run_fail(r, mem_fmt(r->step, "an article %s of %s", art->text, pack->text), p.status == 200 ? "none of that name" : reply_text(r->step, &p));
}

/* expect ledger ok: every leaf, the tree and what it binds, by the server itself. */
static bool expect_ledger(struct run *r, struct args *a)
{
    struct reply p;
    if (!args_take(a, "ok"))
        return run_bad(r, "expect ledger ok");
    if (!ask_get(r, r->base->admin, "/api/v1/verify", &p))
        return false;
    return p.status == 200 && text_eq(json_get_str(p.json, "state"), "ok") ? true : run_fail(r, "a ledger without fault", reply_text(r->step, &p));
}

/* expect entries +N: ledger entries since `mark`. */
static bool expect_entries(struct run *r, struct args *a)
{
    struct reply p;
    const struct word *w = args_next(a);
    int64_t n;
    if (w == NULL || w->text[0] != '+' || !str_to_i64(str_of(w->text + 1), &n))
        return run_bad(r, "expect entries +N (since `mark`)");
    if (!ask_get(r, r->base->admin, "/api/v1/ledger", &p))
        return false;
    int64_t have = json_get_i64(p.json, "size", -1) - r->mark;
    return have == n ? true : run_fail(r, mem_fmt(r->step, "%lld entries", (long long)n), mem_fmt(r->step, "%lld", (long long)have));
}

/* expect [no] role ROLE held by WHO [in DEPT] */
static bool expect_role(struct run *r, struct args *a, bool no)
{
    struct reply p;
    const struct word *role = args_next(a), *dept = NULL;
    const char *who;
    bool found = false;
    if (role == NULL || !args_take(a, "held") || !args_take(a, "by"))
        return run_bad(r, "expect role ROLE held by WHO [in DEPT]");
    if ((who = args_who(a)) == NULL)
        return false;
    if (args_take(a, "in"))
        dept = args_next(a);
    char *path = mem_fmt(r->step, "/api/v1/holders?role=%s%s%s", url_text(r->step, role->text), dept ? "&department=" : "", dept ? url_text(r->step, dept->text) : "");
    if (!ask_get(r, r->base->admin, path, &p))
        return false;
    const struct json *h = json_get(p.json, "holders");
    for (size_t i = 0; i < json_n(h); i++)
        found = found || text_eq(json_get_str(json_at(h, i), "login"), who);
    return p.status == 200 && found != no ? true : run_fail(r, mem_fmt(r->step, "%s %s %s", who, no ? "does not hold" : "holds", role->text), reply_text(r->step, &p));
}

/* expect count FORM N: rows of a list (at most 200) that the person of `as` sees. */
static bool expect_count(struct run *r, struct args *a)
{
    struct reply p;
    const struct word *form = args_next(a), *w = args_next(a);
    int64_t n;
    if (form == NULL || w == NULL || !str_to_i64(str_of(w->text), &n))
        return run_bad(r, "expect count FORM N");
    if (!ask_get(r, r->who, mem_fmt(r->step, "/api/v1/forms/%s/records?limit=200", url_text(r->step, form->text)), &p))
        return false;
    return p.status == 200 && (int64_t)json_n(json_get(p.json, "records")) == n ? true : run_fail(r, mem_fmt(r->step, "%lld of %s", (long long)n, form->text), reply_text(r->step, &p));
}

/* expect answer KEY=value: of the last command. A warning: expect answer warns CODE. */
static bool expect_answer(struct run *r, struct args *a, bool no)
{
    const struct word *w = args_next(a);
    if (w == NULL || r->last.json == NULL)
        return run_bad(r, "expect answer KEY=value, after a command");
    if (strcmp(w->raw, "warns") == 0) {
        const struct json *t = json_get(r->last.json, "troubles");
        bool found = false;
        w = args_next(a);
        for (size_t i = 0; w != NULL && i < json_n(t); i++)
            found = found || (json_get_bool(json_at(t, i), "warning") && text_eq(json_get_str(json_at(t, i), "code"), w->text));
        return found != no ? true : run_fail(r, "a warning", json_text(r->step, r->last.json));
    }
    const char *eq = strchr(w->text, '=');
    const struct json *v = eq ? json_get(r->last.json, mem_strndup(r->step, w->text, (size_t)(eq - w->text))) : NULL;
    const char *have = v == NULL ? "null" : json_type(v) == JSON_STR ? json_str(v) : json_text(r->step, v);
    if (eq == NULL)
        return run_bad(r, "KEY=value");
    return (strcmp(have, filled(r, eq + 1)) == 0) != no ? true : run_fail(r, w->text, json_text(r->step, r->last.json));
}

bool expect_state(struct run *r, struct args *a, const char *what, bool no)
{
    if (strcmp(what, "role") == 0)
        return expect_role(r, a, no);
    if (strcmp(what, "answer") == 0)
        return expect_answer(r, a, no);
    if (no)
        return run_bad(r, "expect no task|waiting|step|may|visible|role|answer");
    if (strcmp(what, "duty") == 0 || strcmp(what, "check") == 0)
        return expect_duty(r, a, what[0] == 'c');
    if (strcmp(what, "article") == 0)
        return expect_article(r, a);
    if (strcmp(what, "ledger") == 0)
        return expect_ledger(r, a);
    if (strcmp(what, "entries") == 0)
        return expect_entries(r, a);
    if (strcmp(what, "count") == 0)
        return expect_count(r, a);
    return run_bad(r, mem_fmt(r->step, "nothing to expect is called %s (variables begin with a capital and come from -> VAR)", what));
}
