/* Conformity, the ledger, health, and the OpenAPI document that comes from the tables of routes and commands. */
#include "api/api_int.h"

const char *verdict_name(enum verdict_state s)
{
    static const char *const names[] = {"conforming", "nonconforming", "unknown", "excepted", "none"};
    return names[s];
}

void api_conformity(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct article_states st = VEC_INIT(r);
    int64_t as_of = 0;
    struct json *o = json_obj(r), *arr = json_set_arr(o, "articles");
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = conformity(&rd, req_arg(r, 0), &st, &as_of, &e);
    for (size_t i = 0; i < st.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "article", st.v[i].article);
        json_set_str(x, "title", st.v[i].title);
        json_set_str(x, "state", verdict_name(st.v[i].state));
        json_set_i64(x, "since", st.v[i].since_us);
        json_set_i64(x, "bad", st.v[i].bad_n);
        json_set_i64(x, "unknown", st.v[i].unknown_n);
        json_set_i64(x, "ok", st.v[i].ok_n);
    }
    json_set_i64(o, "as_of", as_of);
    api_end(r, &rd, rc, &e, o);
}

void api_violators(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct violators v = VEC_INIT(r);
    struct json *o = json_obj(r), *arr = json_set_arr(o, "violators");
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = conformity_violators(&rd, req_arg(r, 0), req_query(r, "article"), req_query(r, "check"), 200, &v, &e);
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "check", v.v[i].check);
        json_set_i64(x, "record", v.v[i].subject);
        json_set_str(x, "title", v.v[i].title);
        json_set_str(x, "state", verdict_name(v.v[i].state));
        json_set_i64(x, "since", v.v[i].since_us);
        json_set_str(x, "why", v.v[i].why);
        json_set_str(x, "until", v.v[i].until);
    }
    api_end(r, &rd, rc, &e, o);
}

void api_ledger(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct reader rd;
    struct err e = {0};
    struct q_ledger_head head;
    bool found = false;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = q_ledger_head(rd.db, r, &head, &found, &e);
    if (rc == RC_OK && found) {
        json_set_i64(o, "size", head.size);
        json_set_str(o, "checkpoint", head.checkpoint);
        json_set_str(o, "vkey", core_vkey(s->core));
    }
    api_end(r, &rd, rc, &e, o);
}

void api_receipt(struct req *r, void *ctx)
{
    struct reader rd;
    struct err e = {0};
    struct str entry;
    char *text = NULL;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, false, &rd))
        return;
    enum rc rc = receipt_get(&rd, req_arg_i64(r, 0), &entry, &text, &e);
    if (rc == RC_OK) {
        json_set_str(o, "entry", str_dup(r, entry));
        json_set_str(o, "receipt", text);
    }
    api_end(r, &rd, rc, &e, o);
}

void api_health(struct req *r, void *ctx)
{
    struct json *o = json_obj(r);
    struct site *s = ctx;
    enum err_code no = core_writes_refused(s->core);
    json_set_str(o, "status", "ok");
    json_set_str(o, "writes", no == ERR_NONE ? "ok" : err_info(no)->name);
    resp_json(r, 200, o);
}

/* What the writer did since the start; figures alone, nothing of anybody. */
void api_metrics(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct core_counters n;
    struct reader rd;
    struct full_check full;
    struct err e = {0};
    bool found;
    struct json *o = json_obj(r);
    if (!api_begin(r, ctx, false, &rd))
        return;
    core_counters(s->core, &n);
    enum rc rc = check_last(rd.db, r, &full, &found, &e);
    json_set_i64(o, "writer_commands", n.commands);
    json_set_i64(o, "writer_commits", n.commits);
    json_set_i64(o, "writer_longest_hold_us", n.longest_hold_us);
    json_set_str(o, "full_judging_day", full.day);
    json_set_i64(o, "full_judging_judged", full.judged);
    json_set_i64(o, "full_judging_changed", full.changed);
    json_set_i64(o, "full_judging_missed", full.missed);
    api_end(r, &rd, rc, &e, o);
}

/* ---- OpenAPI ---- */

static void operation(struct json *paths, const char *path, const char *method, const char *summary)
{
    struct json *p = json_child(paths, path);
    if (p == NULL)
        p = json_set_obj(paths, path);
    struct json *op = json_set_obj(p, method);
    json_set_str(op, "summary", summary);
    struct json *responses = json_set_obj(op, "responses"), *ok = json_set_obj(responses, "200");
    json_set_str(ok, "description", "OK");
    json_set_str(json_set_obj(responses, "default"), "description", "code, text and the request's reference number");
}

void api_openapi(struct req *r, void *ctx)
{
    struct json *o = json_obj(r), *info = json_set_obj(o, "info"), *paths;
    (void)ctx;
    json_set_str(o, "openapi", "3.0.3");
    json_set_str(info, "title", "daicho");
    json_set_str(info, "version", "1");
    paths = json_set_obj(o, "paths");
    for (size_t i = 0; i < api_routes_n; i++)
        operation(paths, api_routes[i].path.pattern, api_routes[i].method == METHOD_POST ? "post" : "get", api_routes[i].summary);
    for (size_t i = 0; i < command_n; i++)
        if (command_table[i].need == CMD_SIGNED_IN || command_table[i].need == CMD_ADMIN)
            operation(paths, mem_fmt(r, "/api/v1/commands/%s", command_table[i].name), "post", mem_fmt(r, "%s (%s)", command_table[i].summary, command_table[i].args));
    resp_json(r, 200, o);
}

#ifdef DAICHO_SCENE
/* Test builds only: the clock, waiting until after-commit work is done, and what the daily judging of everything had to put right. */
void api_scene(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct err e = {0};
    const struct json *args;
    struct json *o = json_obj(r);
    if (req_json(r, &args, &e) != RC_OK) {
        api_error(r, &e);
        return;
    }
    if (json_get(args, "now_us") != NULL)
        clock_scene_set(json_get_i64(args, "now_us", 0));
    core_settle(s->core);
    json_set_i64(o, "now_us", clock_now_us());
    struct reader rd;
    struct full_check full;
    bool found;
    static const struct actor nobody = {.kind = ACTOR_SYSTEM, .lang = LANG_JA, .login = "scene"};
    if (core_read_begin(s->core, r, &nobody, &rd, &e) != RC_OK) {
        api_error(r, &e);
        return;
    }
    enum rc rc = check_last(rd.db, r, &full, &found, &e);
    json_set_str(o, "full_day", full.day);
    json_set_i64(o, "full_missed", full.missed);
    json_set_str(o, "full_which", full.which);
    api_end(r, &rd, rc, &e, o);
}
#endif

const struct route api_routes[] = {
    {{"/api/v1/login"}, METHOD_POST, NEED_NOTHING, api_login, "api.login", "Sign in; answers with a session cookie and its CSRF token", 4096},
    {{"/api/v1/me"}, METHOD_GET, NEED_SESSION, api_me, "api.me", "Who is signed in", 0},
    {{"/api/v1/factor"}, METHOD_GET, NEED_SESSION, api_factor, "api.factor", "One's second factor; when there is none, a secret and its ticket", 0},
    {{"/api/v1/factor"}, METHOD_POST, NEED_SESSION, api_factor_post, "api.factor.post", "Second factor: do confirm (ticket), codes, off; with password and code", 4096},
    {{"/api/v1/proof"}, METHOD_POST, NEED_SESSION, api_proof, "api.proof", "Prove anew who is there: password or code (after ERR_PROOF)", 4096},
    {{"/api/v1/tokens"}, METHOD_GET, NEED_SESSION, api_tokens, "api.tokens", "One's tokens; token.make and token.end", 0},
    {{"/api/v1/sessions"}, METHOD_GET, NEED_SESSION, api_sessions, "api.sessions", "Where one is signed in; session.end ends one or the others", 0},
    {{"/api/v1/commands/{s}"}, METHOD_POST, NEED_SESSION, api_command_post, "api.command", "Send a command; Idempotency-Key makes a repetition harmless. With files: multipart/form-data, args and u.<path>", 52 << 20},
    {{"/api/v1/records/{i}"}, METHOD_GET, NEED_SESSION, api_record, "api.record", "A record with content, route, tasks and what may be done", 0},
    {{"/api/v1/records/{i}/book"}, METHOD_GET, NEED_SESSION, api_book, "api.book", "The rows that a review of a register lists, and what became of them since", 0},
    {{"/api/v1/records/{i}/history"}, METHOD_GET, NEED_SESSION, api_history, "api.history", "Acts on a record, its revisions and what each of the newest changed", 0},
    {{"/api/v1/records/{i}/sight"}, METHOD_GET, NEED_SESSION, api_past_sight, "api.sight", "Who could see a record on a day and through what, for those who read everything: on, after", 0},
    {{"/api/v1/forms"}, METHOD_GET, NEED_SESSION, api_forms, "api.forms", "Forms of the adopted regulations", 0},
    {{"/api/v1/forms/{s}"}, METHOD_GET, NEED_SESSION, api_form, "api.form", "One form with its fields", 0},
    {{"/api/v1/forms/{s}/records"}, METHOD_GET, NEED_SESSION, api_list, "api.list", "Records of a form: q, state, sort, limit, after", 0},
    {{"/api/v1/forms/{s}/resolve"}, METHOD_GET, NEED_SESSION, api_resolve, "api.resolve", "A record by number, title, login or code: q", 0},
    {{"/api/v1/desk"}, METHOD_GET, NEED_SESSION, api_tasks, "api.desk", "My tasks, approvals waiting for me, what came back", 0},
    {{"/api/v1/notices"}, METHOD_GET, NEED_SESSION, api_notices, "api.notices", "What one was told, newest first: all=1 with what was read or is over, before; notice.read", 0},
    {{"/api/v1/records/{i}/attachments"}, METHOD_POST, NEED_SESSION, api_attach, "api.attach", "Add a file to a record (multipart/form-data with one file)", 52 << 20},
    {{"/api/v1/attachments/{i}"}, METHOD_GET, NEED_SESSION, api_attachment, "api.attachment", "The bytes of a file of a record that one may see", 0},
    {{"/api/v1/imports/{i}"}, METHOD_GET, NEED_SESSION, api_import, "api.import", "One's own import: how far it is, and what is wrong with which rows", 0},
    {{"/api/v1/systems/{i}/accounts"}, METHOD_GET, NEED_SESSION, api_accounts, "api.accounts", "The newest list of a system's accounts, and what is wrong with them", 0},
    {{"/api/v1/systems/{i}/accounts"}, METHOD_POST, NEED_SESSION, api_accounts_post, "api.accounts.post", "Look a list of accounts over: found_on, files of name and text or base64, columns; then accounts.take", 34 << 20},
    {{"/api/v1/regulations"}, METHOD_GET, NEED_SESSION, api_regulations, "api.regulations", "The adopted regulations", 0},
    {{"/api/v1/regulations/{s}/articles/{s}"}, METHOD_GET, NEED_SESSION, api_article, "api.article", "An article: text, state, duties with next and last, schedules", 0},
    {{"/api/v1/regulations/{s}/coverage"}, METHOD_GET, NEED_SESSION, api_coverage, "api.coverage", "What carries each duty, and how strongly", 0},
    {{"/api/v1/settings"}, METHOD_GET, NEED_SESSION, api_settings, "api.settings", "Words, figures and alternatives in force; earlier sets", 0},
    {{"/api/v1/people"}, METHOD_GET, NEED_SESSION, api_people, "api.people", "Sign-ins of people (administrators): q, limit, after", 0},
    {{"/api/v1/conformity/{s}"}, METHOD_GET, NEED_SESSION, api_conformity, "api.conformity", "State of every article of a regulation", 0},
    {{"/api/v1/conformity/{s}/violators"}, METHOD_GET, NEED_SESSION, api_violators, "api.violators", "Who or what does not conform: article, check", 0},
    {{"/api/v1/conformity/{s}/days"}, METHOD_GET, NEED_SESSION, api_conform_days, "api.conform.days", "How many articles stood how on each day (a day that is not there was not looked at); with article: its days: from, until", 0},
    {{"/api/v1/conformity"}, METHOD_GET, NEED_SESSION, api_conform_by, "api.conform.by", "Articles by chapter, violations by department, their tasks by person (one's own, for who does not read everything)", 0},
    {{"/api/v1/ledger"}, METHOD_GET, NEED_SESSION, api_ledger, "api.ledger", "Size, checkpoint and verifier key", 0},
    {{"/api/v1/ledger/{i}"}, METHOD_GET, NEED_SESSION, api_receipt, "api.receipt", "An entry and its receipt, of what one may see", 0},
    {{"/api/v1/holders"}, METHOD_GET, NEED_SESSION, api_holders, "api.holders", "Who holds a role today: role, department", 0},
    {{"/api/v1/roles"}, METHOD_GET, NEED_SESSION, api_past_roles, "api.roles", "Who held the roles on a day, for those who read everything: on, role, after", 0},
    {{"/api/v1/permissions"}, METHOD_GET, NEED_SESSION, api_permissions, "api.permissions", "What the holder of a role may do with the records of each form, for those who read everything: role, form (one of them)", 0},
    {{"/api/v1/head"}, METHOD_GET, NEED_SESSION, api_head, "api.head", "The head of a department: department", 0},
    {{"/api/v1/duty"}, METHOD_GET, NEED_SESSION, api_duty, "api.duty", "How one duty stands, and for which records: key", 0},
    {{"/api/v1/check"}, METHOD_GET, NEED_SESSION, api_check, "api.check", "How one check stands, and for which records: key", 0},
    {{"/api/v1/verify"}, METHOD_GET, NEED_SESSION, api_verify, "api.verify", "Verify the whole ledger (administrators)", 0},
    {{"/api/v1/openapi.json"}, METHOD_GET, NEED_SESSION, api_openapi, "api.openapi", "This document", 0},
    {{"/api/v1/metrics"}, METHOD_GET, NEED_SESSION, api_metrics, "api.metrics", "Commands and commits of the writer, its longest hold; what the last daily judging of everything found", 0},
    {{"/health"}, METHOD_GET, NEED_NOTHING, api_health, "api.health", "Is the server up", 0},
#ifdef DAICHO_SCENE
    {{"/api/v1/scene"}, METHOD_POST, NEED_NOTHING, api_scene, "api.scene", "Test builds: set the clock, settle", 4096},
#endif
};
const size_t api_routes_n = ARRAY_N(api_routes);
