/* The house of tests/lib/house.h. */
#include <stdlib.h>
#include <unistd.h>
#include "house.h"
#include "pgtest.h"

struct core *house_core;
TALLOC_CTX *house_mem;
static TALLOC_CTX *root;
static struct conf conf;
static char dir[32];
static struct json *people, *departments;

/* ---- saying what happens ---- */

struct json *house_obj(const char *text)
{
    struct json *j;
    struct err e = {0};
    if (json_read(house_mem, str_of(text), 1 << 20, &j, &e) != RC_OK)
        fail_msg("%s: %s", text, e.detail);
    return j;
}

int64_t house_person(const char *login) { return json_get_i64(people, login, 0); }
int64_t house_dept(const char *name) { return json_get_i64(departments, name, 0); }

struct actor house_as(const char *login)
{
    return (struct actor){.kind = ACTOR_PERSON, .person = house_person(login), .lang = LANG_JA, .login = login, .proof_us = INT64_MAX};
}

const char *house_code_of(const struct answer *ans) { return ans->rc == RC_OK ? "ok" : json_get_str(ans->body, "code"); }

struct answer *house_say(const struct actor *a, const char *name, const struct json *args)
{
    struct answer *ans;
    core_command(house_core, house_mem, a, name, args, NULL, &ans);
    return ans;
}

struct answer *house_good(const struct actor *a, const char *name, const struct json *args)
{
    struct answer *ans = house_say(a, name, args);
    if (ans->rc != RC_OK)
        fail_msg("%s: %s %s %s", name, err_info(ans->err.code)->name, ans->err.detail, json_text(house_mem, ans->body));
    return ans;
}

/* Makes and submits; the record's id, or 0 with *ret_code. */
int64_t house_make(const char *login, const char *form, const char *values, const char **ret_code)
{
    struct actor a = house_as(login);
    struct json *args = json_obj(house_mem);
    json_set_str(args, "form", form);
    json_set(args, "values", house_obj(values));
    json_set_bool(args, "submit", true);
    struct answer *ans = house_say(&a, "record.create", args);
    if (ret_code != NULL)
        *ret_code = house_code_of(ans);
    else if (ans->rc != RC_OK)
        fail_msg("create %s: %s %s %s", form, err_info(ans->err.code)->name, ans->err.detail, json_text(house_mem, ans->body));
    return ans->rc == RC_OK ? json_get_i64(ans->body, "record", 0) : 0;
}

const char *house_act(const char *login, const char *name, int64_t record, const char *values)
{
    struct actor a = house_as(login);
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "record", record);
    json_set_str(args, "comment", "試験のため");
    if (values != NULL)
        json_set(args, "values", house_obj(values));
    return house_code_of(house_say(&a, name, args));
}

struct answer *house_ask(const char *login, const char *name, int64_t record, const char *args)
{
    struct actor a = house_as(login);
    struct json *j = house_obj(args);
    json_set_i64(j, "record", record);
    if (json_get_str(j, "comment") == NULL)
        json_set_str(j, "comment", "試験のため");
    return house_say(&a, name, j);
}

struct answer *house_attach_from(const char *login, int64_t record, const char *name, const char *bytes, const char *path)
{
    struct actor a = house_as(login);
    struct json *args = json_obj(house_mem);
    struct err e = {0};
    char *to = attach_tmp_path(house_core, house_mem);
    assert_int_equal(file_write_atomic(to, bytes, strlen(bytes), 0600, &e), RC_OK);
    json_set_i64(args, "record", record);
    json_set_str(args, "name", name);
    json_set_str(args, "path", path ? path : to);
    return house_say(&a, "attach.add", args);
}

int64_t house_attach(const char *login, int64_t record, const char *name, const char *bytes)
{
    struct answer *ans = house_attach_from(login, record, name, bytes, NULL);
    assert_string_equal(house_code_of(ans), "ok");
    return json_get_i64(ans->body, "attachment", 0);
}

struct reader house_reading(const char *login)
{
    struct reader r;
    struct err e = {0};
    struct actor a = house_as(login);
    assert_int_equal(core_read_begin(house_core, house_mem, &a, &r, &e), RC_OK);
    return r;
}

static void people_set(void)
{
    static const char *const units[] = {
        "{\"name\":\"本社\",\"head\":\"shacho\"}", "{\"name\":\"営業部\",\"parent\":\"本社\",\"head\":\"bucho\"}",
        "{\"name\":\"営業一課\",\"parent\":\"営業部\",\"head\":\"kacho\"}", "{\"name\":\"総務部\",\"parent\":\"本社\"}"};
    static const char *const persons[] = {
        "{\"name\":\"社長\",\"login\":\"shacho\",\"department\":\"本社\"}", "{\"name\":\"部長\",\"login\":\"bucho\",\"department\":\"営業部\"}",
        "{\"name\":\"課長\",\"login\":\"kacho\",\"department\":\"営業一課\"}", "{\"name\":\"鈴木\",\"login\":\"suzuki\",\"department\":\"営業一課\"}",
        "{\"name\":\"佐藤\",\"login\":\"sato\",\"department\":\"総務部\"}", "{\"name\":\"管理\",\"login\":\"kanri\",\"department\":\"総務部\"}",
        "{\"name\":\"監査\",\"login\":\"kansa\",\"department\":\"総務部\"}", "{\"name\":\"責任\",\"login\":\"sekinin\",\"department\":\"総務部\"}",
        "{\"name\":\"退職\",\"login\":\"taishoku\",\"department\":\"営業一課\",\"left_on\":\"2020-03-31\"}", "{\"name\":\"社外\",\"login\":\"shagai\",\"department\":\"本社\"}"};
    struct json *args = json_obj(house_mem), *d = json_set_arr(args, "departments"), *p = json_set_arr(args, "people");
    for (size_t i = 0; i < ARRAY_N(units); i++)
        json_add(d, house_obj(units[i]));
    for (size_t i = 0; i < ARRAY_N(persons); i++)
        json_add(p, house_obj(persons[i]));
    const struct actor setup = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};
    struct answer *ans = house_good(&setup, "setup.people", args);
    people = house_obj(json_text(house_mem, json_get(ans->body, "people")));
    departments = house_obj(json_text(house_mem, json_get(ans->body, "departments")));
}

static const char roles_of_house[] = "[{\"person\":\"kanri\",\"role\":\"administrator\"},{\"person\":\"kansa\",\"role\":\"auditor\"},"
                                     "{\"person\":\"sekinin\",\"role\":\"chief\"},{\"person\":\"shagai\",\"role\":\"outside_officer\"},"
                                     "{\"person\":\"taishoku\",\"role\":\"it_admin\"}]";

static void empty_open(bool on_pg, const char *packs)
{
    struct err e = {0};
    root = mem_root(0);
    house_mem = mem_scope_new(root);
    assert_int_equal(crypt_init(&e), RC_OK);
    memcpy(dir, "/tmp/daicho-house-XXXXXX", sizeof "/tmp/daicho-house-XXXXXX");
    assert_non_null(mkdtemp(dir));
    conf = (struct conf){.data_dir = dir, .db_url = on_pg ? pgtest_new(root, NULL, NULL) : NULL, .workers = 4, .packs_dir = packs, .public_url = ""};
    if (core_open(root, &conf, &house_core, &e) != RC_OK)
        fail_msg("core_open: %s", e.detail);
    assert_non_null(core_setup_code(house_core));
}

int house_open_as(bool on_pg, const char *adopt, const char *roles)
{
    struct err e = {0};
    const struct actor setup = {.kind = ACTOR_SETUP, .lang = LANG_JA, .login = "setup"};
    empty_open(on_pg, "tests/core/packs");
    house_good(&setup, "setup.start", house_obj(mem_fmt(house_mem, "{\"adopt\":%s,\"organization\":{\"name\":\"試験商会\"}}", adopt)));
    people_set();
    house_good(&setup, "setup.roles", house_obj(mem_fmt(house_mem, "{\"assignments\":%s}", roles ? roles : roles_of_house)));
    struct json *end = json_obj(house_mem);
    char *hash;
    assert_int_equal(crypt_password_hash(house_mem, "Himitsu-no-kagi-1", &hash, &e), RC_OK);
    json_set_i64(end, "admin", house_person("kanri"));
    json_set_str(end, "hash", hash);
    house_good(&setup, "setup.finish", end);
    core_settle(house_core);
    return 0;
}

int house_open_routes(bool on_pg)
{
    return house_open_as(on_pg, "[\"trial\",\"routes\"]",
                         "[{\"person\":\"kanri\",\"role\":\"administrator\"},{\"person\":\"kansa\",\"role\":\"auditor\"},{\"person\":\"sekinin\",\"role\":\"chief\"},"
                         "{\"person\":\"shagai\",\"role\":\"outside_officer\"},{\"person\":\"kacho\",\"role\":\"ra\"},{\"person\":\"bucho\",\"role\":\"rb\"},"
                         "{\"person\":\"kacho\",\"role\":\"rc\"},{\"person\":\"bucho\",\"role\":\"rc\"}]");
}

/* Who is who by login: the forms of people and departments as they stand. */
static struct json *ids_by(const char *column, const char *table)
{
    struct json *o = json_obj(house_mem);
    struct reader r = house_reading("-");
    struct sql *s = sql_new(house_mem);
    struct db_rows *rows;
    struct err e = {0};
    bool more;
    sql_lit(s, "SELECT ");
    sql_ident(s, column);
    sql_lit(s, ", record FROM ");
    sql_ident(s, table);
    sql_lit(s, " WHERE slot = 0");
    assert_int_equal(db_query(r.db, house_mem, s, &rows, &e), RC_OK);
    for (;;) {
        assert_int_equal(db_next(rows, &more, &e), RC_OK);
        if (!more)
            break;
        json_set_i64(o, db_text(rows, 0), db_i64(rows, 1));
    }
    core_read_end(&r);
    return o;
}

int house_open_example(bool on_pg, const char *example, const char *pack)
{
    struct err e = {0};
    empty_open(on_pg, "packs");
    people = departments = json_obj(house_mem);
    if (example_load(house_core, mem_fmt(house_mem, "examples/%s", example), &pack, 1, "Himitsu-no-kagi-1", &e) != RC_OK)
        fail_msg("example %s: %s", example, e.detail);
    people = ids_by("login", "f_person");
    departments = ids_by("name", "f_department");
    core_settle(house_core);
    return 0;
}

void house_holds(void)
{
    struct reader r = house_reading("kanri");
    struct err e = {0};
    struct ledger_report rep;
    char *difference;
    assert_int_equal(ledger_verify(r.db, house_mem, core_vkey(house_core), &rep, &e), RC_OK);
    if (rep.problem != NULL)
        fail_msg("%s %lld %s", rep.problem, (long long)rep.first_bad, rep.detail);
    core_read_end(&r);
    if (core_rebuild(house_core, true, &difference, &e) != RC_OK || difference != NULL)
        fail_msg("rebuild: %s %s", difference ? difference : "", e.detail);
}

static void remove_tree(const char *path)
{
    struct name_vec names = VEC_INIT(root);
    struct err e = {0};
    if (file_list(root, path, &names, &e) != RC_OK) {
        unlink(path);
        return;
    }
    for (size_t i = 0; i < names.n; i++)
        remove_tree(file_join(root, path, names.v[i]));
    rmdir(path);
}

const char *house_dir(void) { return dir; }

int house_end(void)
{
    mem_scope_end(&house_mem);                     /* results end before the house closes */
    core_close(house_core);
    remove_tree(dir);
    talloc_free(root);
    return 0;
}

/* ---- how a route stands ---- */

static const char *const logins[] = {"shacho", "bucho", "kacho", "suzuki", "sato", "kanri", "kansa", "sekinin", "shagai"};

static const char *login_of(int64_t person)
{
    for (size_t i = 0; i < ARRAY_N(logins); i++)
        if (house_person(logins[i]) == person)
            return logins[i];
    return "?";
}

/* The route in one line: "first:done(kacho done) second:open(bucho open)"; a deputy's seat as "sato=kacho done". */
const char *house_route(int64_t record)
{
    struct reader r = house_reading("kanri");
    struct err e = {0};
    struct step_infos steps = VEC_INIT(house_mem);
    struct buf *b = buf_new(house_mem, 4000);
    assert_int_equal(record_steps(&r, record, &steps, &e), RC_OK);
    for (size_t i = 0; i < steps.n; i++) {
        const struct step_info *s = &steps.v[i];
        buf_fmt(b, "%s%s:%s", i ? " " : "", s->step ? s->step->id : s->key, s->state);
        if (s->note != NULL)
            buf_fmt(b, "/%s", s->note);
        for (const char *const *l = logins; l < logins + ARRAY_N(logins); l++)           /* people in a fixed order: ids differ from run to run */
            for (size_t k = 0; k < s->who_n; k++)
                if (strcmp(login_of(s->who[k].person), *l) == 0)
                    buf_fmt(b, " %s%s%s %s", *l, s->who[k].on_behalf ? "=" : "", s->who[k].on_behalf ? login_of(s->who[k].on_behalf) : "", s->who[k].state);
    }
    core_read_end(&r);
    return b->p;
}

const char *house_state(int64_t record)
{
    struct reader r = house_reading("kanri");
    struct record rec;
    struct err e = {0};
    assert_int_equal(record_get(r.db, house_mem, r.set, record, &rec, &e), RC_OK);
    core_read_end(&r);
    return mem_fmt(house_mem, "%s/%s", rec.state, rec.draft_state ? rec.draft_state : "-");
}

/* Open tasks of that name on the record, for that person (NULL: anybody). */
size_t house_tasks(int64_t record, const char *name, const char *login)
{
    struct reader r = house_reading("kanri");
    struct task_infos all = VEC_INIT(house_mem);
    struct err e = {0};
    size_t n = 0;
    assert_int_equal(task_of_record(&r, record, &all, &e), RC_OK);
    for (size_t i = 0; i < all.n; i++)
        n += strcmp(all.v[i].state, "open") == 0 && strcmp(all.v[i].name, name) == 0 && (login == NULL || all.v[i].person == house_person(login));
    core_read_end(&r);
    return n;
}

int64_t house_number(const struct sql *s)
{
    struct reader r = house_reading("-");
    struct db_rows *rows;
    struct err e = {0};
    bool more;
    assert_int_equal(db_query(r.db, house_mem, s, &rows, &e), RC_OK);
    assert_int_equal(db_next(rows, &more, &e), RC_OK);
    int64_t n = db_i64(rows, 0);
    db_rows_end(rows);
    core_read_end(&r);
    return n;
}

struct json *house_batch(int64_t batch)
{
    struct json *args = json_obj(house_mem);
    json_set_i64(args, "batch", batch);
    return args;
}

void house_account(const char *login, const char *password, bool disabled)
{
    struct actor admin = house_as("kanri");
    struct json *args = json_obj(house_mem);
    struct err e = {0};
    char *hash;
    assert_int_equal(crypt_password_hash(house_mem, password, &hash, &e), RC_OK);
    json_set_i64(args, "person", house_person(login));
    json_set_str(args, "login", login);
    json_set_str(args, "hash", disabled ? NULL : hash);
    json_set_bool(args, "disabled", disabled);
    house_good(&admin, "account.set", args);
}
