/* Pack sets: which packs are adopted, with which words, figures and alternatives. A set is immutable: its files are kept by content in
 * pack_file, its list in pack_set (hash in the ledger). A switch makes a new set, loads it, ensures its tables, and becomes current after
 * COMMIT; undo is a new set with the old files (design.md 6). */
#include <unistd.h>
#include "core/core_state.h"

#define FILE_MAX_BYTES (1 << 20)
#define FILES_MAX 2000
#define SETTINGS_MAX 2000
#define BODY_MAX_BYTES (4 << 20)

/* ---- reading a folder into pack_file ---- */

static bool pack_file_name_ok(const char *name)
{
    size_t n = strlen(name);
    return n > 3 && name[0] != '.' && (strcmp(name + n - 3, ".md") == 0 || (n > 5 && strcmp(name + n - 5, ".yaml") == 0));
}

static enum rc file_take(struct work *w, const char *path, const char *name, struct json *files, struct err *e)
{
    struct str data;
    uint8_t hash[HASH_N];
    TRY(file_read(w->mem, path, FILE_MAX_BYTES, &data, e));
    crypt_sha256(data.p, data.n, hash);
    TRY(q_pack_file_put(w->tx, (struct str){(const char *)hash, HASH_N}, data, e));
    json_set_str(files, name, hex_text(w->mem, hash, HASH_N));
    if (json_n(files) > FILES_MAX)
        return err_set(e, ERR_LIMIT, "pack files");
    return RC_OK;
}

static enum rc folder_take(struct work *w, const char *dir, const char *prefix, struct json *files, int depth, struct err *e)
{
    struct name_vec names = VEC_INIT(w->mem), below = VEC_INIT(w->mem);
    TRY(file_list(w->mem, dir, &names, e));
    for (size_t i = 0; i < names.n; i++) {
        char *path = file_join(w->mem, dir, names.v[i]);
        char *name = mem_fmt(w->mem, "%s/%s", prefix, names.v[i]);
        struct err e2 = {0};
        if (depth > 0 && file_list(w->mem, path, &below, &e2) == RC_OK)
            TRY(folder_take(w, path, name, files, depth - 1, e));
        else if (pack_file_name_ok(names.v[i]))
            TRY(file_take(w, path, name, files, e));
    }
    return RC_OK;
}

/* ---- materialising a set ---- */

static bool pack_path_ok(const char *name)
{
    if (name == NULL || name[0] == '/' || strstr(name, "..") != NULL || strlen(name) > 200)
        return false;
    return pack_file_name_ok(strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
}

/* A start that was killed leaves half-made files, which the reader of packs would rightly refuse. */
static void strays_remove(TALLOC_CTX *mem, const char *dir, int depth)
{
    struct name_vec names = VEC_INIT(mem);
    if (file_list(mem, dir, &names, NULL) != RC_OK)
        return;
    for (size_t i = 0; i < names.n; i++) {
        char *path = file_join(mem, dir, names.v[i]);
        if (strstr(names.v[i], ".tmp.") != NULL)
            (void)unlink(path);
        else if (depth > 0)
            strays_remove(mem, path, depth - 1);
    }
}

static bool file_has(TALLOC_CTX *mem, const char *path, struct str want)
{
    struct str have;
    return file_exists(path) && file_read(mem, path, want.n, &have, NULL) == RC_OK && str_eq(have, want);
}

static enum rc files_write(TALLOC_CTX *mem, struct db *db, const struct json *files, const char *dir, struct err *e)
{
    for (struct json_pos p = {0}; json_next(files, &p);) {
        const char *name = p.key;
        uint8_t hash[HASH_N], again[HASH_N];
        struct q_pack_file_get row;
        bool found;
        if (!pack_path_ok(name) || !hex_read(str_of(json_str(p.val)), hash, HASH_N))
            return err_set(e, ERR_PACK, "file %s", name);
        TRY(q_pack_file_get(db, mem, (struct str){(const char *)hash, HASH_N}, &row, &found, e));
        if (!found)
            return err_set(e, ERR_PACK, "content of %s is missing", name);
        crypt_sha256(row.content.p, row.content.n, again);
        if (memcmp(hash, again, HASH_N) != 0)
            return err_set(e, ERR_LEDGER_BROKEN, "content of pack file %s does not match its hash", name);
        char *path = file_join(mem, dir, name);
        char *folder = mem_strndup(mem, path, (size_t)(strrchr(path, '/') - path));
        TRY(file_mkdirs(folder, 0700, e));
        if (!file_has(mem, path, row.content))
            TRY(file_write_atomic(path, row.content.p, row.content.n, 0600, e));
    }
    return RC_OK;
}

static void settings_read(TALLOC_CTX *mem, const struct json *obj, struct setting **ret, size_t *ret_n)
{
    size_t n = 0;
    struct setting *s = mem_array(mem, struct setting, json_n(obj) + 1);
    for (struct json_pos p = {0}; json_next(obj, &p);)
        s[n++] = (struct setting){.key = mem_strdup(mem, p.key), .value = mem_strdup(mem, json_str(p.val))};
    *ret = s;
    *ret_n = n;
}

static void adopt_read(TALLOC_CTX *mem, const struct json *arr, const char ***ret, size_t *ret_n)
{
    const char **a = mem_array(mem, const char *, json_n(arr) + 1);
    for (size_t i = 0; i < json_n(arr); i++)
        a[i] = mem_strdup(mem, json_str(json_at(arr, i)));
    *ret = a;
    *ret_n = json_n(arr);
}

/* Loads from a folder; problems that are errors refuse, with the first three named. */
static enum rc set_read(TALLOC_CTX *mem, const char *dir, const struct json *body, struct pack_set **ret_set, struct err *e)
{
    struct setting *setting;
    const char **adopt;
    size_t setting_n, adopt_n;
    struct problem_vec problems = VEC_INIT(mem);
    settings_read(mem, json_get(body, "settings"), &setting, &setting_n);
    adopt_read(mem, json_get(body, "adopt"), &adopt, &adopt_n);
    *ret_set = NULL;
    TRY(pack_load(mem, dir, adopt, adopt_n, setting, setting_n, ret_set, &problems, e));
    if (*ret_set == NULL) {
        struct buf *b = buf_new(mem, 4000);
        for (size_t i = 0, shown = 0; i < problems.n && shown < 3; i++)
            if (!problems.v[i].warning) {
                buf_fmt(b, "%s:%d: %s; ", pos_inside(problems.v[i].pos.file, dir), problems.v[i].pos.line, problems.v[i].text);
                shown++;
            }
        return err_set_arg(e, ERR_PACK, b->p, "%s", b->p);
    }
    return RC_OK;
}

static char *set_dir(struct core *c, TALLOC_CTX *mem, const char *hash_hex)
{
    char *sets = file_join(mem, c->conf->data_dir, "sets");
    return file_join(mem, sets, mem_strndup(mem, hash_hex, 32));
}

static enum rc ref_new(struct core *c, struct db *db, int64_t id, const char *body_text, struct set_ref **ret_ref, struct err *e)
{
    TALLOC_CTX *mem = mem_root(0);
    struct set_ref *ref = mem_new(mem, struct set_ref);
    struct json *body;
    uint8_t hash[HASH_N];
    ref->mem = mem;
    crypt_sha256(body_text, strlen(body_text), hash);
    char *dir = set_dir(c, mem, hex_text(mem, hash, HASH_N));
    enum rc rc = json_read(mem, str_of(body_text), BODY_MAX_BYTES, &body, e);
    strays_remove(mem, dir, 3);
    if (rc == RC_OK)
        rc = files_write(mem, db, json_get(body, "files"), dir, e);
    if (rc == RC_OK)
        rc = set_read(mem, dir, body, &ref->set, e);
    if (rc != RC_OK) {
        talloc_free(mem);
        return rc;
    }
    ref->set->id = id;
    *ret_ref = ref;
    return RC_OK;
}

enum rc setting_load(struct core *c, struct db *db, int64_t id, struct set_ref **ret_ref, struct err *e)
{
    MEM_SCOPE(tmp, NULL);
    struct q_pack_set_get row;
    bool found;
    uint8_t hash[HASH_N];
    TRY(q_pack_set_get(db, tmp, id, &row, &found, e));
    if (!found)
        return err_set(e, ERR_PACK_UNKNOWN, "pack set %lld", (long long)id);
    crypt_sha256(row.body, strlen(row.body), hash);
    if (row.hash.n != HASH_N || memcmp(row.hash.p, hash, HASH_N) != 0)
        return err_set(e, ERR_LEDGER_BROKEN, "pack set %lld does not match its hash", (long long)id);
    return ref_new(c, db, id, row.body, ret_ref, e);
}

/* ---- making a set current ---- */

enum rc setting_switch(struct work *w, const struct json *body, const char *why, int64_t *ret_id, struct err *e)
{
    struct set_ref *ref;
    uint8_t hash[HASH_N];
    int64_t id = work_new_id(w);
    char *text = json_canonical(w->mem, body);
    crypt_sha256(text, strlen(text), hash);
    TRY(ref_new(w->core, w->db, id, text, &ref, e));
    enum rc rc = device_self(w, ref->set, e);
    if (rc == RC_OK)
        rc = ftable_ensure(w->tx, w->mem, ref->set, e);
    if (rc == RC_OK) {
        struct entry *en = entry_new(w->mem, "set.adopted", work_pseudo(w, w->actor.person), mem_fmt(w->mem, "set:%lld", (long long)id));
        entry_field(en, "why", why);
        entry_hash(en, "set", hash);
        rc = ledger_append(w->ledger, w->tx, en, &w->seq, e);
    }
    if (rc == RC_OK)
        rc = q_pack_set_add(w->tx, id, w->now_us, w->actor.person, (struct str){(const char *)hash, HASH_N}, text, w->seq, e);
    if (rc == RC_OK)
        rc = q_head_set_pack_set(w->tx, id, e);
    if (rc != RC_OK) {
        talloc_free(ref->mem);
        return rc;
    }
    w->core->pending = ref;
    w->set = ref->set;
    *ret_id = id;
    return RC_OK;
}

static enum rc body_current(struct work *w, struct json **ret_body, struct err *e)
{
    struct q_pack_set_get row;
    bool found;
    if (w->set == NULL)
        return err_set(e, ERR_SETUP_FIRST, "no pack set yet");
    TRY(q_pack_set_get(w->db, w->mem, w->set->id, &row, &found, e));
    if (!found)
        return err_set(e, ERR_PACK_UNKNOWN, "set %lld", (long long)w->set->id);
    return json_read(w->mem, str_of(row.body), BODY_MAX_BYTES, ret_body, e);
}

/* The files of one pack, unless they are there. */
static enum rc pack_take(struct work *w, const char *dir, const char *id, struct json *files, struct err *e)
{
    char *folder = file_join(w->mem, dir, id);
    if (json_get(files, mem_fmt(w->mem, "%s/pack.yaml", id)) != NULL)
        return RC_OK;
    if (!file_exists(folder))
        return err_set_arg(e, ERR_PACK_UNKNOWN, id, "pack %s", id);
    return folder_take(w, folder, id, files, 2, e);
}

/* What the adopted packs require comes with them. A folder with mistakes says so when the set is made of it. */
static enum rc required_take(struct work *w, const char *dir, const struct json *adopt, struct json *files, struct err *e)
{
    const char **ids;
    size_t n;
    struct pack_set *set;
    struct problem_vec problems = VEC_INIT(w->mem);
    adopt_read(w->mem, adopt, &ids, &n);
    TRY(pack_load(w->mem, dir, ids, n, NULL, 0, &set, &problems, e));
    for (size_t i = 0; set != NULL && i < set->pack_n; i++)
        TRY(pack_take(w, dir, set->pack[i].id, files, e));
    talloc_free(set);
    return RC_OK;
}

/* A body from a folder of packs: adopted ones, what they require, and core, their files, settings. */
enum rc setting_body(struct work *w, const char *dir, const struct json *adopt, const struct json *settings, struct json **ret_body, struct err *e)
{
    struct json *body = json_obj(w->mem);
    struct json *a = json_set_arr(body, "adopt"), *files = json_set_obj(body, "files"), *s = json_set_obj(body, "settings");
    TRY(folder_take(w, file_join(w->mem, dir, "core"), "core", files, 2, e));
    for (size_t i = 0; i < json_n(adopt); i++) {
        const char *id = json_str(json_at(adopt, i));
        if (id == NULL || !text_is_ident(id))
            return err_set(e, ERR_PACK_UNKNOWN, "pack");
        if (strcmp(id, "core") == 0)
            continue;
        json_add_str(a, id);
        TRY(pack_take(w, dir, id, files, e));
    }
    TRY(required_take(w, dir, a, files, e));
    for (struct json_pos p = {0}; json_next(settings, &p);)
        json_set(s, p.key, p.val);
    *ret_body = body;
    return RC_OK;
}

static enum rc set_answer(struct json *body, int64_t id)
{
    json_set_i64(body, "set", id);
    return RC_OK;
}

enum rc cmd_set_adopt(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct json *b, *now;
    int64_t id;
    const char *dir = json_get_str(args, "dir");
    if (dir != NULL && w->actor.kind != ACTOR_SYSTEM)
        return err_set(e, ERR_DENIED, "a folder on the server is named on its command line only");
    TRY(body_current(w, &now, e));
    TRY(setting_body(w, dir ? dir : w->core->conf->packs_dir, json_get(args, "adopt"), json_get(now, "settings"), &b, e));
    TRY(setting_switch(w, b, "adopt", &id, e));
    TRY(setting_reopen(w, json_get_bool(args, "restart"), e));
    return set_answer(body, id);
}

/* A setting that names a post: one that somebody is appointed to. Everybody's or a derived one would let anybody decide. */
static enum rc post_check(struct work *w, const struct pack *p, const struct param *a, const char *value, struct err *e)
{
    const struct role *r = value != NULL && value[0] != '\0' ? pack_role(w->set, value) : NULL;
    if (a->type != FT_ROLE || value == NULL || value[0] == '\0' || (r != NULL && !r->everyone && !r->derived_head))
        return RC_OK;
    return err_set_arg(e, ERR_SETTING_POST, mem_fmt(w->mem, "%s: %s", pick_lang(w->actor.lang, a->label, a->label_en), r ? pick_lang(w->actor.lang, r->name, r->name_en) : value),
                       "setting %s.%s = %s", p->id, a->id, value);
}

static enum rc posts_check(struct work *w, const struct json *in, struct err *e)
{
    for (size_t i = 0; i < w->set->pack_n; i++)
        for (size_t k = 0; k < w->set->pack[i].param_n; k++) {
            const struct pack *p = &w->set->pack[i];
            TRY(post_check(w, p, &p->param[k], json_get_str(in, mem_fmt(w->mem, "%s.%s", p->id, p->param[k].id)), e));
        }
    return RC_OK;
}

/* Is there such a word, figure or alternative ("sme.takeout_max_days") in a pack of the set, and such an option of it? */
static bool name_known(const struct pack_set *set, const char *key, const char *value)
{
    const struct pack_named it = pack_named(set, key);
    return it.param != NULL || (it.choice != NULL && pack_options_known(it.choice, value));
}

/* A name that nothing reads would look like a setting and be none. */
enum rc setting_names_check(struct work *w, const struct json *in, struct err *e)
{
    for (struct json_pos p = {0}; json_next(in, &p);) {
        const char *v = json_str(p.val);
        if ((v == NULL && json_type(p.val) != JSON_NULL) || !name_known(w->set, p.key, v ? v : ""))
            return err_set_arg(e, ERR_SETTING_UNKNOWN, p.key, "setting %s", p.key);
    }
    return posts_check(w, in, e);
}

enum rc cmd_set_settings(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct json *b;
    int64_t id;
    const struct json *in = json_get(args, "settings");
    if ((in != NULL && json_type(in) != JSON_OBJ) || json_n(in) > SETTINGS_MAX)
        return err_set(e, ERR_COMMAND, "settings");
    TRY(body_current(w, &b, e));
    struct json *s = json_child(b, "settings"), *clean = json_obj(w->mem);
    if (s == NULL)
        s = json_set_obj(b, "settings");
    TRY(setting_names_check(w, in, e));
    TRY(setting_values_check(w, in, clean, e));
    for (struct json_pos p = {0}; json_next(clean, &p);)
        json_set(s, p.key, p.val);
    TRY(setting_switch(w, b, "settings", &id, e));
    TRY(setting_reopen(w, json_get_bool(args, "restart"), e));
    return set_answer(body, id);
}

enum rc cmd_set_undo(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct q_pack_set_get row;
    bool found;
    struct json *b;
    int64_t id;
    TRY(q_pack_set_get(w->db, w->mem, json_get_i64(args, "set", 0), &row, &found, e));
    if (!found)
        return err_set(e, ERR_PACK_UNKNOWN, "set");
    TRY(json_read(w->mem, str_of(row.body), BODY_MAX_BYTES, &b, e));
    TRY(setting_switch(w, b, "undo", &id, e));
    TRY(setting_reopen(w, json_get_bool(args, "restart"), e));
    return set_answer(body, id);
}

/* "Restart open records": routes that run are looked at under the new set; without the tick they finish under their own steps. */
enum rc setting_reopen(struct work *w, bool restart, struct err *e)
{
    struct q_routes_running_rows row;
    if (!restart)
        return RC_OK;
    TRY(q_routes_running(w->db, w->mem, &row, e));
    for (size_t i = 0; i < row.n; i++)
        TRY(work_todo(w, "restart", row.v[i].id, e));
    return RC_OK;
}
