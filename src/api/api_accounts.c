/* Accounts of other systems for programs: the newest list of a system with what is wrong, and a list handed over as files (passwd, LDIF, CSV) or,
 * by the command accounts.stage, as rows. */
#include "acct/acct.h"
#include "api/api_int.h"

static const char *const change_key[ACCOUNTS__N] = {"new", "changed", "same", "gone"};
static const char *const doubt_key[ACCT__DOUBTS] = {"no-shadow", "no-group", "unknown-name", "groups-cut", "not-accounts", "groups-lost"};

static enum rc system_seen(struct reader *rd, int64_t id, struct err *e)
{
    struct record rec;
    const struct grant *g;
    TRY(perm_see(rd, id, &rec, &g, e));
    return strcmp(rec.form_ident, "system") == 0 && rec.force_rev != 0 ? RC_OK : err_set(e, ERR_RECORD_MISSING, "system %lld", (long long)id);
}

static enum rc accounts_out(struct req *r, struct reader *rd, struct json *o, struct err *e)
{
    struct accounts_list last;
    struct findings v = {0};
    struct json *arr;
    int64_t system = req_arg_i64(r, 0);
    bool take;
    TRY(system_seen(rd, system, e));
    TRY(accounts_may(rd, &take, e));
    TRY(accounts_newest(rd->db, r, rd->set, system, &last, e));
    TRY(accounts_findings(rd, system, &v, e));
    if (last.record != 0) {
        struct json *x = json_set_obj(o, "list");
        json_set_i64(x, "record", last.record);
        json_set_str(x, "found_on", last.found_on);
        json_set_str(x, "source", last.source);
        json_set_i64(x, "accounts", last.accounts);
    }
    arr = json_set_arr(o, "findings");
    for (size_t i = 0; i < v.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "check", v.v[i].check->key);
        json_set_str(x, "article", v.v[i].check->article);
        json_set_i64(x, "record", v.v[i].subject);
        json_set_str(x, "account", v.v[i].title);
        json_set_i64(x, "since", v.v[i].since_us);
        json_set_bool(x, "excepted", v.v[i].excepted);
    }
    return RC_OK;
}

void api_accounts(struct req *r, void *ctx) { api_read(r, ctx, accounts_out); }

/* ---- a list as files: {found_on, files: [{name, text or base64}], columns?: {account: heading, ...}} ---- */

static enum rc file_get(struct req *r, const struct json *f, struct acct_file *ret, struct err *e)
{
    const char *text = json_get_str(f, "text"), *base64 = json_get_str(f, "base64");
    uint8_t *p;
    ret->name = json_get_str(f, "name") ? json_get_str(f, "name") : "file";
    if ((text == NULL) == (base64 == NULL))
        return err_set_arg(e, ERR_FIELDS, "files", "text or base64");
    ret->bytes = str_of(text);
    if (base64 == NULL)
        return RC_OK;
    if (!b64_read(r, str_of(base64), &p, &ret->bytes.n))
        return err_set_arg(e, ERR_FIELDS, "files", "base64");
    ret->bytes.p = (const char *)p;
    return RC_OK;
}

static enum rc list_read(struct req *r, const struct json *in, const char *kept /* columns of the last list */, struct acct_list **ret, struct acct_map *map, struct err *e)
{
    struct acct_file file[ACCT_FILES_MAX];
    const struct json *files = json_get(in, "files"), *columns = json_get(in, "columns");
    struct civil on;
    size_t n = json_n(files);
    const char *day = json_get_str(in, "found_on");
    *map = (struct acct_map){{0}};
    if (day == NULL || !civil_read_loose(r, str_of(day), &on))
        return err_set_arg(e, ERR_DAY, day ? day : "", "found_on");
    if (n == 0 || n > ACCT_FILES_MAX)
        return err_set_arg(e, ERR_FIELDS, "files", "%zu files", n);
    for (size_t i = 0; i < n; i++)
        TRY(file_get(r, json_at(files, i), &file[i], e));
    for (int c = 0; c < ACCT__COLUMNS; c++)
        map->heading[c] = json_get_str(columns, acct_column_key((enum acct_column)c));
    if (map->heading[ACCT_C_ACCOUNT] == NULL && kept != NULL)
        acct_map_read(r, kept, map);
    return acct_read(r, file, n, ACCT_ANY, map->heading[ACCT_C_ACCOUNT] ? map : NULL, on, ret, e);
}

static void look_out(struct json *o, const struct acct_list *l, const struct accounts_look *look)
{
    struct json *n = json_set_obj(o, "changes"), *arr = json_set_arr(o, "accounts"), *doubts = json_set_arr(o, "doubts");
    json_set_i64(o, "batch", look->batch);
    json_set_str(o, "source", look->source);
    json_set_str(o, "found_on", look->found_on);
    for (int k = 0; k < ACCOUNTS__N; k++)
        json_set_i64(n, change_key[k], look->n[k]);
    for (size_t i = 0; i < look->changes.n; i++) {
        struct json *x = json_add_obj(arr);
        json_set_str(x, "account", look->changes.v[i].account);
        json_set_str(x, "change", change_key[look->changes.v[i].kind]);
    }
    for (int d = 0; d < ACCT__DOUBTS; d++)
        if (l->doubt[d] > 0) {
            struct json *x = json_add_obj(doubts);
            json_set_str(x, "what", doubt_key[d]);
            json_set_i64(x, "n", (int64_t)l->doubt[d]);
            json_set_str(x, "example", l->doubt_what[d]);
        }
}

/* Looked over; the command accounts.take with the batch takes it in. */
void api_accounts_post(struct req *r, void *ctx)
{
    struct site *s = ctx;
    struct reader rd;
    struct err e = {0};
    const struct json *in;
    struct acct_list *l;
    struct acct_map map;
    struct accounts_look look;
    struct answer *a;
    struct accounts_list last = {0};
    struct json *head = json_obj(r), *o = json_obj(r);
    if (!api_begin(r, ctx, true, &rd))
        return;
    bool take, ok = system_seen(&rd, req_arg_i64(r, 0), &e) == RC_OK && accounts_may(&rd, &take, &e) == RC_OK &&
        accounts_newest(rd.db, r, rd.set, req_arg_i64(r, 0), &last, &e) == RC_OK;
    core_read_end(&rd);
    if (!ok || req_json(r, &in, &e) != RC_OK || list_read(r, in, last.columns, &l, &map, &e) != RC_OK) {
        api_error(r, &e);
        return;
    }
    json_set_i64(head, "system", req_arg_i64(r, 0));
    json_set_str(head, "found_on", json_get_str(in, "found_on"));
    json_set_str(head, "source", acct_source_key(l->source));
    if (l->source == ACCT_CSV)
        json_set_str(head, "columns", acct_map_text(r, &map));
    core_accounts_stage(s->core, r, api_actor(r), head, acct_rows(r, l), &a);
    if (a->rc != RC_OK) {
        api_answer(r, a);
        return;
    }
    if (!api_begin(r, ctx, true, &rd))
        return;
    enum rc rc = accounts_look(&rd, json_get_i64(a->body, "batch", 0), &look, &e);
    if (rc == RC_OK)
        look_out(o, l, &look);
    api_end(r, &rd, rc, &e, o);
}
