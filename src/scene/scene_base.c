/* Loaded states: each example with its adopted packs is loaded once by `daicho example`, under the clock of the scene, and copied for every scene: the
 * data folder as files, on PostgreSQL also the database (CREATE DATABASE ... TEMPLATE). */
#include "scene/scene.h"

static struct map *bases;

static bool psql(TALLOC_CTX *mem, const struct options *o, const char *sql)
{
    char *out;
    const char *argv[] = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", o->pg_url, "-c", sql, NULL};
    if (host_run(mem, argv, NULL, &out) == 0)
        return true;
    say(mem_fmt(mem, "psql: %s", out));
    return false;
}

/* libpq takes the last of two equal keywords. */
char *base_url(TALLOC_CTX *mem, const struct options *o, const char *name) { return mem_fmt(mem, "%s dbname=%s", o->pg_url, name); }

char *base_copy_db(TALLOC_CTX *mem, const struct options *o, const struct base *b, const char *name)
{
    bool ok = psql(mem, o, mem_fmt(mem, "CREATE DATABASE %s TEMPLATE %s STRATEGY wal_log", name, b->db));
    return ok ? base_url(mem, o, name) : NULL;
}

char *base_new_db(TALLOC_CTX *mem, const struct options *o, const char *name)
{
    return psql(mem, o, mem_fmt(mem, "CREATE DATABASE %s", name)) ? base_url(mem, o, name) : NULL;
}

void base_drop_db(TALLOC_CTX *mem, const struct options *o, const char *name)
{
    (void)psql(mem, o, mem_fmt(mem, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name));
}

/* Logins of the example and who administrates, from its own files. */
static bool who_is_who(TALLOC_CTX *mem, const char *dir, const char *file, const char *col, const char *key, const char *want, struct json *people, const char **ret_first)
{
    struct err e = {0};
    struct str data;
    struct csv *c;
    size_t at = SIZE_MAX, is = SIZE_MAX;
    if (file_read(mem, file_join(mem, dir, file), 4 << 20, &data, &e) != RC_OK ||
        csv_read(mem, data, (struct csv_limit){4 << 20, 20000, 400000, 4000}, &c, &e) != RC_OK || c->rows.n == 0)
        return false;
    for (size_t k = 0; k < c->rows.v[0].n; k++) {
        at = strcmp(c->rows.v[0].cell[k], col) == 0 ? k : at;
        is = key != NULL && strcmp(c->rows.v[0].cell[k], key) == 0 ? k : is;
    }
    for (size_t i = 1; at != SIZE_MAX && i < c->rows.n; i++) {
        const struct csv_row *row = &c->rows.v[i];
        if (row->n <= at || row->cell[at][0] == '\0')
            continue;
        if (people != NULL)
            json_set_bool(people, row->cell[at], true);
        if (ret_first != NULL && *ret_first == NULL && is < row->n && strcmp(row->cell[is], want) == 0)
            *ret_first = row->cell[at];
    }
    return true;
}

static bool load(TALLOC_CTX *mem, const struct options *o, const struct scene *s, struct base *b)
{
    const char *argv[40], *env[5];
    struct civil on;
    char *out;
    size_t n = 0;
    if (!civil_read(str_of(s->at), &on)) {
        say(mem_fmt(mem, "%s:%d: example ... at DATE", s->file, s->no));
        return false;
    }
    argv[n++] = o->daicho;
    argv[n++] = "example";
    argv[n++] = "--data-dir";
    argv[n++] = b->dir;
    argv[n++] = "--packs-dir";
    argv[n++] = file_join(mem, o->root, "packs");
    argv[n++] = "--examples-dir";
    argv[n++] = file_join(mem, o->root, "examples");
    if (b->db != NULL) {
        argv[n++] = "--db";
        argv[n++] = base_url(mem, o, b->db);
    }
    argv[n++] = s->example;
    for (size_t i = 0; i < s->adopt.n && n < ARRAY_N(argv) - 1; i++)
        argv[n++] = s->adopt.v[i].text;
    argv[n] = NULL;
    env[0] = "DAICHO_SCENE_NOW";
    env[1] = mem_fmt(mem, "%lld", (long long)civil_to_us(on, 9, 0));
    env[2] = "ASAN_OPTIONS";
    env[3] = "detect_leaks=0";
    env[4] = NULL;
    if (host_run(mem, argv, env, &out) == 0)
        return true;
    say(mem_fmt(mem, "daicho example %s: %s", s->example, out));
    return false;
}

const struct base *base_get(TALLOC_CTX *mem, const struct options *o, const struct scene *s, bool pg)
{
    struct err e = {0};
    struct buf *key = buf_new(mem, 4000);
    if (bases == NULL)
        bases = map_new(mem);
    buf_fmt(key, "%s %s %s", pg ? "pg" : "sqlite", s->example, s->at);
    for (size_t i = 0; i < s->adopt.n; i++)
        buf_fmt(key, " %s", s->adopt.v[i].text);
    struct base *b = map_get(bases, key->p);
    if (b != NULL)
        return b->dir ? b : NULL;
    b = mem_new(mem, struct base);
    b->key = key->p;
    map_set(bases, key->p, b);
    const char *name = mem_fmt(mem, "base%zu", map_n(bases)), *dir = file_join(mem, o->tmp, name), *example = mem_fmt(mem, "%s/examples/%s", o->root, s->example);
    b->people = json_obj(mem);
    if (!who_is_who(mem, example, "people.csv", "login", NULL, NULL, b->people, NULL) ||
        !who_is_who(mem, example, "roles.csv", "person", "role", "administrator", NULL, &b->admin) || b->admin == NULL) {
        say(mem_fmt(mem, "%s:%d: no example %s with people and an administrator", s->file, s->no, s->example));
        return NULL;
    }
    if (file_mkdirs(o->tmp, 0700, &e) != RC_OK || (pg && !psql(mem, o, mem_fmt(mem, "CREATE DATABASE %s", name))))
        return NULL;
    b->db = pg ? name : NULL;
    b->dir = dir;
    if (!load(mem, o, s, b)) {
        b->dir = NULL;
        return NULL;
    }
    return b;
}
