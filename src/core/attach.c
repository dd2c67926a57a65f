/* Attachments: bytes under attachments/aa/<sha256>, never under a name that somebody gave; metadata in the database; the ledger holds a
 * blinded commitment of the hash. The upload has been streamed to attachments/tmp by the caller; here it is measured, hashed and looked
 * into again (what a caller says about a file counts for nothing), and moved to its place.
 *
 * Read only through attach_get, which asks for permission on the record. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/core_state.h"

#define ATTACH_BYTES_MAX (INT64_C(50) << 20)
#define ATTACH_N_MAX 50
#define NAME_MAX_CHARS 200
#define HEAD_BYTES 4096
#define BLOCK_BYTES (1 << 18)

/* ---- kinds: content and extension must agree ---- */

enum look { LOOK_PDF, LOOK_PNG, LOOK_JPEG, LOOK_ZIP, LOOK_OLE, LOOK_TEXT };
struct kind { const char *ext; enum look look; const char *type; };
static const struct kind kinds[] = {
    {"pdf", LOOK_PDF, "application/pdf"}, {"png", LOOK_PNG, "image/png"}, {"jpg", LOOK_JPEG, "image/jpeg"}, {"jpeg", LOOK_JPEG, "image/jpeg"},
    {"xlsx", LOOK_ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"docx", LOOK_ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"pptx", LOOK_ZIP, "application/vnd.openxmlformats-officedocument.presentationml.presentation"}, {"zip", LOOK_ZIP, "application/zip"},
    {"xls", LOOK_OLE, "application/vnd.ms-excel"}, {"doc", LOOK_OLE, "application/msword"},
    {"txt", LOOK_TEXT, "text/plain"}, {"csv", LOOK_TEXT, "text/csv"},
};

/* Plain text of any Japanese encoding has no control bytes; scripts and markup are not taken for text. */
static bool looks_text(const unsigned char *p, size_t n)
{
    size_t i = 0;
    for (size_t k = 0; k < n; k++)
        if ((p[k] < 0x20 && p[k] != '\t' && p[k] != '\n' && p[k] != '\r') || p[k] == 0x7f)
            return false;
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        i = 3;
    while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\n' || p[i] == '\r'))
        i++;
    return i == n || (p[i] != '<' && !(p[i] == '#' && i + 1 < n && p[i + 1] == '!'));
}

static bool look_of(const unsigned char *p, size_t n, enum look *ret)
{
    static const struct { const char *magic; size_t n; enum look look; } magic[] = {
        {"%PDF-", 5, LOOK_PDF}, {"\x89PNG\r\n\x1a\n", 8, LOOK_PNG}, {"\xff\xd8\xff", 3, LOOK_JPEG}, {"PK\x03\x04", 4, LOOK_ZIP},
        {"PK\x05\x06", 4, LOOK_ZIP}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, LOOK_OLE},
    };
    for (size_t i = 0; i < ARRAY_N(magic); i++)
        if (n >= magic[i].n && memcmp(p, magic[i].magic, magic[i].n) == 0) {
            *ret = magic[i].look;
            return true;
        }
    *ret = LOOK_TEXT;
    return n > 0 && looks_text(p, n);
}

const char *attach_type(TALLOC_CTX *mem, const char *name, const void *head, size_t head_n)
{
    MEM_SCOPE(tmp, mem);
    const char *dot = strrchr(name, '.');
    enum look look;
    if (dot == NULL || !look_of(head, head_n, &look))
        return NULL;
    char *ext = text_fold(tmp, dot + 1);
    for (size_t i = 0; i < ARRAY_N(kinds); i++)
        if (strcmp(kinds[i].ext, ext) == 0 && kinds[i].look == look)
            return kinds[i].type;
    return NULL;
}

bool attach_name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || name[0] == '.' || !utf8_ok(name, n, NULL) || utf8_len(name) > NAME_MAX_CHARS)
        return false;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t k = utf8_next(name + i, n - i, &cp);
        bool hidden = cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
                      (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
        if (k == 0 || hidden || (cp < 0x80 && strchr("/\\:*?\"<>|", (char)cp) != NULL))
            return false;
        i += k;
    }
    return true;
}

/* ---- files ---- */

static char *attach_root(TALLOC_CTX *mem, const struct core *c) { return file_join(mem, core_conf(c)->data_dir, "attachments"); }

static char *stored_path(TALLOC_CTX *mem, const struct core *c, const uint8_t sha[HASH_N])
{
    char *hex = hex_text(mem, sha, HASH_N), *dir = file_join(mem, attach_root(mem, c), mem_strndup(mem, hex, 2));
    return file_join(mem, dir, hex);
}

/* Only a plain file directly in attachments/tmp. */
static bool tmp_path_ok(TALLOC_CTX *mem, const struct core *c, const char *path)
{
    char *dir = file_join(mem, attach_root(mem, c), "tmp");
    size_t n = strlen(dir);
    return path != NULL && strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + 1] != '.' && path[n + 1] != '\0' && strchr(path + n + 1, '/') == NULL;
}

struct measured { uint8_t sha[HASH_N]; int64_t bytes; unsigned char head[HEAD_BYTES]; size_t head_n; };

static enum rc measure_fd(TALLOC_CTX *mem, int fd, struct measured *ret, struct err *e)
{
    struct sha256 *h = sha256_new(mem);
    unsigned char *block = mem_alloc(mem, 1, BLOCK_BYTES, "block");
    for (;;) {
        ssize_t n = read(fd, block, BLOCK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ERR_FILE_READ, "upload: errno %d", errno);
        if (n == 0)
            break;
        if (ret->bytes == 0) {
            ret->head_n = (size_t)n < HEAD_BYTES ? (size_t)n : HEAD_BYTES;
            memcpy(ret->head, block, ret->head_n);
        }
        ret->bytes += n;
        if (ret->bytes > ATTACH_BYTES_MAX)
            break;
        sha256_add(h, block, (size_t)n);
    }
    sha256_end(h, ret->sha);
    return RC_OK;
}

static enum rc measure(TALLOC_CTX *mem, const char *path, struct measured *ret, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_set(e, ERR_FILE_MISSING, "upload %s", path);
    enum rc rc = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? measure_fd(mem, fd, ret, e) : err_set(e, ERR_FILE_READ, "upload %s is no file", path);
    close(fd);
    return rc;
}

/* A flush that failed is never tried again: a second one may succeed and prove nothing. Nobody was answered yet. */
static void flush_or_end(int fd, const char *path)
{
    if (fsync(fd) == 0)
        return;
    log_event(LOG_ERROR, "attach.fatal", "why", "the disk did not confirm an attachment", "path", path, NULL);
    _exit(70);
}

static enum rc dir_sync(const char *dir, struct err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_FILE_WRITE, "%s", dir);
    flush_or_end(fd, dir);
    close(fd);
    return RC_OK;
}

/* The bytes reach their place before the row that names them is committed; a command that fails afterwards leaves bytes that nothing names. */
static enum rc store(TALLOC_CTX *mem, const struct core *c, const char *from, const uint8_t sha[HASH_N], struct err *e)
{
    char *to = stored_path(mem, c, sha), *dir = mem_strndup(mem, to, (size_t)(strrchr(to, '/') - to));
    TRY(file_mkdirs(dir, 0700, e));
    if (file_exists(to)) {                     /* the same bytes again; its name may not be on the disk yet */
        unlink(from);
        TRY(dir_sync(dir, e));
        return dir_sync(attach_root(mem, c), e);
    }
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", from, errno);
    flush_or_end(fd, from);
    close(fd);
    if (rename(from, to) != 0)
        return err_set(e, ERR_FILE_WRITE, "%s: errno %d", to, errno);
    TRY(dir_sync(dir, e));
    return dir_sync(attach_root(mem, c), e);
}

/* ---- the command ---- */

static enum rc refuse(struct work *w, const char *key, const char *why, struct err *e)
{
    return err_set_arg(e, ERR_ATTACHMENT, msg_text(w->actor.lang, key), "%s", why);
}

/* Whoever may change or fill the record may add to it; so may those whose step is open. */
static enum rc attach_permit(struct work *w, const struct json *args, struct record *rec, struct err *e)
{
    static const enum permit any[] = {PERMIT_EDIT, PERMIT_FILL, PERMIT_ACT};
    const struct grant *g;
    TRY(record_lock(w, args, PERMIT_SEE, rec, &g, e));
    if (strcmp(rec->state, "void") == 0)
        return err_set(e, ERR_STATE, "attachment of a void record");
    for (size_t i = 0; i < ARRAY_N(any); i++) {
        enum rc rc = perm_check(w->db, w->mem, w->set, &w->actor, any[i], rec->form, rec, w->today, &g, e);
        if (rc != RC_DENIED)
            return rc;
    }
    return err_set(e, ERR_DENIED, "attachment to record %lld", (long long)rec->id);
}

/* The blinding is derived from the house's own key, so that it can be shown for this attachment alone. */
static enum rc blind_of(struct work *w, int64_t id, uint8_t ret_blind[32], struct err *e)
{
    struct q_keep_get key;
    bool found;
    uint8_t k[32];
    TRY(q_keep_get(w->db, w->mem, "bind_key", &key, &found, e));
    if (!found || !hex_read(str_of(key.v), k, sizeof k))
        return err_set(e, ERR_BUG, "bind_key is missing");
    const char *name = mem_fmt(w->mem, "attachment:%lld", (long long)id);
    crypt_hmac256(k, sizeof k, name, strlen(name), ret_blind);
    return RC_OK;
}

static enum rc attach_entry(struct work *w, const struct record *rec, int64_t id, const struct measured *m, const char *type, struct err *e)
{
    uint8_t blind[32], commit[HASH_N];
    TRY(blind_of(w, id, blind, e));
    commitment(blind, "attachment", m->sha, HASH_N, commit);
    struct entry *en = entry_new(w->mem, "attach.added", work_pseudo(w, w->actor.person), mem_fmt(w->mem, "r:%lld", (long long)rec->id));
    entry_field(en, "attachment", mem_fmt(w->mem, "%lld", (long long)id));
    entry_field(en, "type", type);
    entry_commit(en, "sha256", commit);
    return ledger_append(w->ledger, w->tx, en, &w->seq, e);
}

/* One file that is looked through and named, but not at its place yet: nothing of it stays when the command is refused. */
struct taken { int64_t id; const char *path, *type; struct measured m; };

static enum rc take(struct work *w, const struct record *rec, const struct json *file, struct taken *ret, struct err *e)
{
    struct q_attachment_n count;
    const char *name = json_get_str(file, "name"), *hex = json_get_str(file, "sha256");
    uint8_t said[HASH_N];
    ret->path = json_get_str(file, "path");
    if (!tmp_path_ok(w->mem, w->core, ret->path))
        return err_set(e, ERR_DENIED, "not an upload");
    if (name == NULL || !attach_name_ok(name = text_nfc(w->mem, name)))
        return refuse(w, MSG("core.attach-name"), "name", e);
    TRY(q_attachment_n(w->db, w->mem, rec->id, &count, e));
    TRY(measure(w->mem, ret->path, &ret->m, e));
    if (count.n >= ATTACH_N_MAX || ret->m.bytes > ATTACH_BYTES_MAX)
        return refuse(w, MSG("core.attach-size"), "size or number", e);
    ret->type = attach_type(w->mem, name, ret->m.head, ret->m.head_n);
    if (ret->type == NULL)
        return refuse(w, MSG("core.attach-kind"), "kind", e);
    if (hex != NULL && (!hex_read(str_of(hex), said, HASH_N) || memcmp(said, ret->m.sha, HASH_N) != 0))
        return err_set(e, ERR_FILE_READ, "the upload changed on its way");
    ret->id = work_new_id(w);
    TRY(attach_entry(w, rec, ret->id, &ret->m, ret->type, e));
    TRY(q_attachment_add(w->tx, ret->id, rec->id, (struct str){(const char *)ret->m.sha, HASH_N}, ret->m.bytes, ret->type, w->now_us, w->actor.person, w->seq, e));
    return q_attachment_body_add(w->tx, ret->id, name, e);
}

enum rc cmd_attach_add(struct work *w, const struct json *args, struct json *body, struct err *e)
{
    struct record rec;
    struct taken *t = mem_new(w->mem, struct taken);
    TRY(attach_permit(w, args, &rec, e));
    TRY(take(w, &rec, args, t, e));
    TRY(store(w->mem, w->core, t->path, t->m.sha, e));
    TRY(route_attached(w, &rec, e));
    json_set_i64(body, "attachment", t->id);
    json_set_str(body, "type", t->type);
    json_set_i64(body, "bytes", t->m.bytes);
    return RC_OK;
}

/* The command's values with the new file's id in the field that brought it. */
static enum rc field_take(struct work *w, const struct record *rec, const char *path, int64_t id, struct json *values, struct err *e)
{
    const struct field *f = path ? pack_field(rec->form, path) : NULL;
    char *text = mem_fmt(w->mem, "%lld", (long long)id);
    if (f == NULL || f->type != FT_FILE)
        return err_set_arg(e, ERR_FIELDS, path ? path : "", "a file for %s", path ? path : "-");
    if (!field_is_child(f)) {
        json_set_str(values, path, text);
        return RC_OK;
    }
    struct json *list = json_child(values, path);
    json_add_str(list != NULL && json_type(list) == JSON_ARR ? list : json_set_arr(values, path), text);
    return RC_OK;
}

enum rc attach_take(struct work *w, const struct record *rec, const struct json *args, struct json **ret_values, struct taken_vec *ret, struct err *e)
{
    const struct json *files = json_get(args, "files"), *given = json_get(args, "values");
    ret->mem = w->mem;
    if (json_n(files) > ATTACH_N_MAX)
        return refuse(w, MSG("core.attach-size"), "number", e);
    TRY(json_read(w->mem, str_of(given ? json_text(w->mem, given) : "{}"), 8 << 20, ret_values, e));
    for (size_t i = 0; i < json_n(files); i++) {
        struct taken *t = mem_new(w->mem, struct taken);
        TRY(take(w, rec, json_at(files, i), t, e));
        TRY(field_take(w, rec, json_get_str(json_at(files, i), "field"), t->id, *ret_values, e));
        *vec_push(ret) = t;
    }
    return RC_OK;
}

enum rc attach_store(struct work *w, const struct taken_vec *t, struct err *e)
{
    for (size_t i = 0; i < t->n; i++)
        TRY(store(w->mem, w->core, t->v[i]->path, t->v[i]->m.sha, e));
    return RC_OK;
}

enum rc attach_with(struct work *w, const struct json *args, struct json *body, command_fn run, struct err *e)
{
    struct json *with = json_obj(w->mem), *values;
    struct taken_vec t = VEC_INIT(w->mem);
    struct record rec;
    if (json_n(json_get(args, "files")) == 0)
        return run(w, args, body, e);
    TRY(attach_permit(w, args, &rec, e));
    TRY(attach_take(w, &rec, args, &values, &t, e));
    for (struct json_pos p = {0}; json_next(args, &p);)
        json_set(with, p.key, p.val);
    json_set(with, "values", values);
    TRY(run(w, with, body, e));
    return attach_store(w, &t, e);                       /* only what was not refused takes its place among the bytes */
}

/* ---- erasing: name and bytes go; row, hash and entry stay ---- */

static bool attach_of_path(const char *path, int64_t *ret_id)
{
    struct str s = str_of(path);
    if (!str_starts(s, "attachment[") || s.n < 13 || s.p[s.n - 1] != ']')
        return false;
    return str_to_i64((struct str){s.p + 11, s.n - 12}, ret_id);
}

enum rc attach_erasable(struct work *w, int64_t record, const char *path, bool *ret_yes, struct err *e)
{
    struct q_attachment_by_id row;
    int64_t id;
    bool found = false;
    if (attach_of_path(path, &id))
        TRY(q_attachment_by_id(w->db, w->mem, id, &row, &found, e));
    *ret_yes = found && row.record == record && row.name != NULL;
    return RC_OK;
}

enum rc attach_erase(struct work *w, int64_t record, const struct json *paths, int64_t *erased_n, struct err *e)
{
    for (size_t i = 0; i < json_n(paths); i++) {
        const char *path = json_str(json_at(paths, i));
        bool yes = false;
        int64_t id;
        if (path == NULL || !attach_of_path(path, &id))
            continue;
        TRY(attach_erasable(w, record, path, &yes, e));
        if (!yes)
            continue;
        TRY(q_attachment_blank(w->tx, id, e));
        (*erased_n)++;
    }
    return RC_OK;
}

/* After COMMIT, and at start: bytes that only erased attachments name are removed. */
enum rc attach_sweep(struct core *c, struct db *db, struct err *e)
{
    for (int64_t after = 0;;) {
        MEM_SCOPE(tmp, NULL);
        struct q_attachments_gone_rows row;
        TRY(q_attachments_gone(db, tmp, after, &row, e));
        for (size_t i = 0; i < row.n; i++) {
            after = row.v[i].id;
            if (row.v[i].sha256.n != HASH_N)
                continue;
            char *path = stored_path(tmp, c, (const uint8_t *)row.v[i].sha256.p);
            if (unlink(path) == 0)
                TRY(dir_sync(mem_strndup(tmp, path, (size_t)(strrchr(path, '/') - path)), e));
            else if (errno != ENOENT)
                return err_set(e, ERR_FILE_WRITE, "%s: errno %d", path, errno);
        }
        if (row.n == 0)
            return RC_OK;
    }
}

/* ---- reading ---- */

static struct attachment attachment_of(struct reader *r, const struct q_attachment_by_id *q)
{
    uint8_t sha[HASH_N] = {0};
    if (q->sha256.n == HASH_N)
        memcpy(sha, q->sha256.p, HASH_N);
    return (struct attachment){.id = q->id, .record = q->record, .bytes = q->bytes, .at = q->at, .actor = q->actor, .type = q->type,
                               .name = q->name ? q->name : msg_text(r->actor.lang, MSG("core.erased")), .path = stored_path(r->mem, r->core, sha)};
}

enum rc attach_get(struct reader *r, int64_t id, struct attachment *ret, struct err *e)
{
    struct q_attachment_by_id q;
    struct record rec;
    const struct grant *g;
    bool found;
    TRY(q_attachment_by_id(r->db, r->mem, id, &q, &found, e));
    if (!found)
        return err_set(e, ERR_RECORD_MISSING, "attachment %lld", (long long)id);
    TRY(perm_see(r, q.record, &rec, &g, e));
    if (q.name == NULL)
        return err_set(e, ERR_ERASED, "attachment %lld", (long long)id);
    *ret = attachment_of(r, &q);
    return RC_OK;
}

/* For a page that has already been allowed to show the record. */
enum rc attach_of_record(struct reader *r, const struct grant *see, const struct record *rec, struct attachments *ret, struct err *e)
{
    struct q_attachments_of_rows row;
    grant_assert(see, PERMIT_SEE, rec);
    if (ret->mem == NULL)
        ret->mem = r->mem;
    TRY(q_attachments_of(r->db, r->mem, rec->id, ATTACH_N_MAX, &row, e));
    for (size_t i = 0; i < row.n; i++)
        *vec_push(ret) = (struct attachment){.id = row.v[i].id, .record = rec->id, .bytes = row.v[i].bytes, .at = row.v[i].at, .actor = row.v[i].actor,
                                             .type = row.v[i].type, .name = row.v[i].name ? row.v[i].name : msg_text(r->actor.lang, MSG("core.erased"))};
    return RC_OK;
}

char *attach_tmp_path(struct core *c, TALLOC_CTX *mem)
{
    char *token = crypt_token(mem), *dir = file_join(mem, attach_root(mem, c), "tmp");
    for (char *p = token; *p != '\0'; p++)
        *p = *p == '-' ? '_' : *p;
    return mem_fmt(mem, "%s/u%s", dir, token);
}

enum rc attach_copy(int fd, const char *path, struct err *e)
{
    MEM_SCOPE(mem, NULL);
    char *part = mem_array(mem, char, BLOCK_BYTES);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = to >= 0 && lseek(fd, 0, SEEK_SET) == 0;
    ssize_t n = 0;
    while (ok && (n = read(fd, part, BLOCK_BYTES)) > 0)
        ok = write(to, part, (size_t)n) == n;
    ok = ok && n == 0 && fsync(to) == 0;
    if (to >= 0)
        close(to);
    if (!ok && to >= 0)
        (void)unlink(path);
    return ok ? RC_OK : err_set(e, ERR_FILE_WRITE, "%s", path);
}

enum rc attach_keep(struct core *c, TALLOC_CTX *mem, int fd, char **ret_path, struct err *e)
{
    *ret_path = attach_tmp_path(c, mem);
    return attach_copy(fd, *ret_path, e);
}
