/* cmd_pack: `daicho pack check` (every problem of the packs, alone and in every combination that can be adopted), `daicho pack doc`
 * (prints docs/PACKS.md) and `daicho coverage` (what the catalogue demands against what the packs carry). No database is opened. */
#include "cmd/cmd.h"
#include "pack/pack.h"
#include <stdio.h>
#include <string.h>

#define PACKS_MAX 12
#define OUTPUT_MAX (64u << 20)

struct ids { const char *v[PACKS_MAX]; size_t n; };

static int usage(const char *key) {
    fprintf(stderr, "%s\n", msg_text(LANG_JA, key));
    return 2;
}

static int failed(const struct err *e) {
    fprintf(stderr, "%s: %s\n", msg_text(LANG_JA, err_info(e->code)->msg_key), e->detail);
    return 2;
}

/* All packs of the folder but core. */
MUST static enum rc ids_list(TALLOC_CTX *mem, const char *dir, struct ids *ret, struct err *e) {
    struct name_vec names = VEC_INIT(mem);
    TRY(file_list(mem, dir, &names, e));
    for (size_t i = 0; i < names.n; i++)
        if (!text_eq(names.v[i], "core") && file_exists(file_join(mem, file_join(mem, dir, names.v[i]), "pack.yaml"))) {
            if (ret->n == PACKS_MAX)
                return err_set(e, ERR_LIMIT, "more than %d packs in %s", PACKS_MAX, dir);
            ret->v[ret->n++] = names.v[i];
        }
    return RC_OK;
}

MUST static enum rc ids_split(TALLOC_CTX *mem, const char *text, struct ids *ret, struct err *e) {
    struct str rest = str_of(text), part;
    while (str_next(&rest, ',', &part)) {
        if (ret->n == PACKS_MAX)
            return err_set(e, ERR_LIMIT, "more than %d packs", PACKS_MAX);
        if (part.n)
            ret->v[ret->n++] = str_dup(mem, part);
    }
    return RC_OK;
}

static void new_problems(TALLOC_CTX *mem, const struct problem_vec *found, struct map *seen, struct problem_vec *all) {
    for (size_t i = 0; i < found->n; i++) {
        const struct problem *p = &found->v[i];
        const char *key = mem_fmt(mem, "%s:%d:%d:%s", p->pos.file, p->pos.line, p->pos.col, p->text);
        if (map_get(seen, key))
            continue;
        map_set(seen, key, all);
        *vec_push(all) = (struct problem){{mem_strdup(mem, p->pos.file), p->pos.line, p->pos.col}, mem_strdup(mem, p->text), p->warning};
    }
}

/* Every non-empty combination: the single packs first. */
MUST static enum rc check_all(TALLOC_CTX *mem, const char *dir, const struct ids *ids, struct problem_vec *all, size_t *ret_sets, struct err *e) {
    struct map *seen = map_new(mem);
    for (size_t want = ids->n ? 1 : 0; want <= ids->n; want++)
        for (unsigned mask = 0; mask < (1u << ids->n); mask++) {
            MEM_SCOPE(tmp, mem);
            const char *adopt[PACKS_MAX];
            size_t n = 0;
            struct pack_set *set;
            struct problem_vec found;
            for (size_t i = 0; i < ids->n; i++)
                if (mask & (1u << i))
                    adopt[n++] = ids->v[i];
            if (n != want)
                continue;
            TRY(pack_load(tmp, dir, adopt, n, NULL, 0, &set, &found, e));
            new_problems(mem, &found, seen, all);
            ++*ret_sets;
        }
    return RC_OK;
}

static int pack_check_run(TALLOC_CTX *mem, const char *dir, const char *packs) {
    struct err e = {0};
    struct ids ids = {.n = 0};
    struct problem_vec all = VEC_INIT(mem);
    size_t sets = 0, errors = 0;
    enum rc rc = packs ? ids_split(mem, packs, &ids, &e) : ids_list(mem, dir, &ids, &e);
    if (rc == RC_OK)
        rc = check_all(mem, dir, &ids, &all, &sets, &e);
    if (rc != RC_OK)
        return failed(&e);
    struct buf *b = buf_new(mem, OUTPUT_MAX);
    pack_problems_print(b, &all);
    fwrite(b->p, 1, b->n, stdout);
    for (size_t i = 0; i < all.n; i++)
        errors += all.v[i].warning ? 0 : 1;
    char *total = msg_fill(mem, LANG_JA, MSG("cmd.pack.total"), mem_fmt(mem, "%zu", errors), mem_fmt(mem, "%zu", all.n - errors),
                           mem_fmt(mem, "%zu", sets), NULL);
    printf("%s\n", total);
    return errors ? 1 : 0;
}

static int pack_doc_run(TALLOC_CTX *mem) {
    struct buf *b = buf_new(mem, OUTPUT_MAX);
    pack_doc(b);
    fwrite(b->p, 1, b->n, stdout);
    return 0;
}

int cmd_pack(int argc, char **argv) {
    const char *dir = "packs", *packs = NULL;
    if (argc > 1 && text_eq(argv[1], "reach"))
        return cmd_reach(argc - 1, argv + 1);
    for (int i = 2; i < argc; i++) {
        if (text_eq(argv[i], "--packs") && i + 1 < argc)
            packs = argv[++i];
        else if (argv[i][0] != '-')
            dir = argv[i];
        else
            return usage(MSG("cmd.pack.usage"));
    }
    if (argc < 2 || !(text_eq(argv[1], "check") || text_eq(argv[1], "doc")))
        return usage(MSG("cmd.pack.usage"));
    TALLOC_CTX *mem = mem_root(1 << 16);
    int status = text_eq(argv[1], "doc") ? pack_doc_run(mem) : pack_check_run(mem, dir, packs);
    talloc_free(mem);
    return status;
}

/* ---- coverage ---- */
struct cover_args { const char *pack, *dir, *catalogue; bool forms, json, all; };

struct tally { size_t demanded[S__N], met[S__N], weaker[S__N], missing[S__N], total, carried, reached; };

static void tally_add(struct tally *t, const struct cover_row *r) {
    t->total++;
    t->demanded[r->demanded]++;
    t->carried += r->carried ? 1 : 0;
    if (!r->carried)
        t->missing[r->demanded]++;
    else if (r->strength < r->demanded)
        t->weaker[r->demanded]++;
    else
        t->met[r->demanded]++, t->reached++;
}

static void tally_json(struct json *o, const struct tally *t) {
    json_set_i64(o, "duties", (int64_t)t->total);
    json_set_i64(o, "carried", (int64_t)t->carried);
    json_set_i64(o, "at_demanded_strength", (int64_t)t->reached);
}

static struct map *chapters(TALLOC_CTX *mem, const struct pack_set *s, const struct cover_vec *rows) {
    struct map *m = map_new(mem);
    for (size_t i = 0; i < rows->n; i++) {
        const char *c = rows->v[i].duty ? pack_chapter(rows->v[i].duty->pack, rows->v[i].article) : "";
        c = c[0] ? c : "-";
        struct tally *t = map_get(m, c);
        if (!t)
            map_set(m, c, t = mem_new(mem, struct tally));
        tally_add(t, &rows->v[i]);
    }
    return m;
}

static void duties_json(TALLOC_CTX *mem, const struct pack_set *s, const char *pack, const struct cover_vec *rows, struct json *out) {
    struct json *p = json_set_obj(out, pack), *by = json_set_obj(p, "by_strength"), *list = json_set_arr(p, "list"), *ch = json_set_obj(p, "chapters");
    struct tally all = {.total = 0};
    for (size_t i = 0; i < rows->n; i++) {
        const struct cover_row *r = &rows->v[i];
        struct json *o = json_add_obj(list);
        json_set_str(o, "duty", r->key);
        json_set_str(o, "article", r->article);
        json_set_str(o, "demanded", strength_name(r->demanded));
        json_set_str(o, "carried", r->carried ? strength_name(r->strength) : NULL);
        json_set_str(o, "by", r->by);
        json_set_str(o, "weaker_because", r->weaker_because);
        tally_add(&all, r);
    }
    tally_json(p, &all);
    for (int k = S__N - 1; k >= 0; k--) {
        struct json *o = json_set_obj(by, strength_name((enum strength)k));
        json_set_i64(o, "demanded", (int64_t)all.demanded[k]);
        json_set_i64(o, "met", (int64_t)all.met[k]);
        json_set_i64(o, "weaker", (int64_t)all.weaker[k]);
        json_set_i64(o, "missing", (int64_t)all.missing[k]);
    }
    struct map *m = chapters(mem, s, rows);
    for (size_t i = 0; i < map_n(m); i++)
        tally_json(json_set_obj(ch, map_key(m, i)), map_at(m, i));
}

static void row_print(const struct cover_row *r) {
    printf("%-28s %-9s %-9s %s\n", r->key, strength_name(r->demanded), r->carried ? strength_name(r->strength) : "-", r->by);
    if (r->carried && r->strength < r->demanded)
        printf("    %s %s\n", msg_text(LANG_JA, MSG("cmd.coverage.weaker")),
               r->weaker_because ? r->weaker_because : msg_text(LANG_JA, MSG("cmd.coverage.no-reason")));
}

static void duties_print(TALLOC_CTX *mem, const struct pack_set *s, const struct cover_args *a, const char *pack, const struct cover_vec *rows) {
    struct tally all = {.total = 0};
    for (size_t i = 0; i < rows->n; i++) {
        const struct cover_row *r = &rows->v[i];
        tally_add(&all, r);
        if (a->all || !r->carried || r->strength < r->demanded)
            row_print(r);
    }
    printf("\n%s\n%-10s %9s %9s %9s %9s\n", pack, "", msg_text(LANG_JA, MSG("cmd.coverage.demanded")), msg_text(LANG_JA, MSG("cmd.coverage.met")),
           msg_text(LANG_JA, MSG("cmd.coverage.below")), msg_text(LANG_JA, MSG("cmd.coverage.missing")));
    for (int k = S__N - 1; k >= 0; k--)
        printf("%-10s %6zu %6zu %6zu %6zu\n", strength_name((enum strength)k), all.demanded[k], all.met[k], all.weaker[k], all.missing[k]);
    struct map *m = chapters(mem, s, rows);
    for (size_t i = 0; i < map_n(m); i++) {
        const struct tally *t = map_at(m, i);
        printf("  %s: %zu / %zu / %zu\n", map_key(m, i), t->reached, t->carried, t->total);
    }
    printf("%s\n", msg_fill(mem, LANG_JA, MSG("cmd.coverage.total"), mem_fmt(mem, "%zu", all.total), mem_fmt(mem, "%zu", all.carried),
                            mem_fmt(mem, "%zu", all.reached), NULL));
}

static size_t forms_print(TALLOC_CTX *mem, const char *pack, const struct form_diff_vec *rows, struct json *out) {
    struct json *list = out ? json_set_arr(out, pack) : NULL;
    size_t open = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct form_diff *d = &rows->v[i];
        open += d->explained ? 0 : 1;
        if (!list) {
            printf("%s%s%s: %s%s%s\n", d->form ? d->form : "", d->field && *d->field ? "." : "", d->field ? d->field : "", d->what,
                   d->explained ? " … " : "", d->explained ? d->explained : "");
            continue;
        }
        struct json *o = json_add_obj(list);
        json_set_str(o, "form", d->form);
        json_set_str(o, "field", d->field);
        json_set_str(o, "what", d->what);
        json_set_str(o, "explained", d->explained);
    }
    if (!list)
        printf("%s: %s\n", pack, msg_fill(mem, LANG_JA, MSG("cmd.coverage.forms"), mem_fmt(mem, "%zu", rows->n), mem_fmt(mem, "%zu", open), NULL));
    return open;
}

/* 0: everything carried (forms: every difference explained); 1: not. */
MUST static enum rc coverage_one(TALLOC_CTX *mem, const struct pack_set *s, const struct cover_args *a, const char *pack, struct json *out,
                                 bool *ret_full, struct err *e) {
    if (a->forms) {
        struct form_diff_vec diffs;
        TRY(coverage_forms(mem, s, a->catalogue, pack, &diffs, e));
        *ret_full = forms_print(mem, pack, &diffs, out) == 0 && *ret_full;
        return RC_OK;
    }
    struct cover_vec rows;
    TRY(coverage_duties(mem, s, a->catalogue, pack, &rows, e));
    for (size_t i = 0; i < rows.n; i++)
        *ret_full = *ret_full && rows.v[i].carried;
    if (out)
        duties_json(mem, s, pack, &rows, out);
    else
        duties_print(mem, s, a, pack, &rows);
    return RC_OK;
}

static int coverage_run(TALLOC_CTX *mem, const struct cover_args *a) {
    struct err e = {0};
    struct ids ids = {.n = 0};
    struct pack_set *set;
    struct problem_vec problems;
    bool full = true;
    struct json *out = a->json ? json_obj(mem) : NULL;
    enum rc rc = a->pack ? ids_split(mem, a->pack, &ids, &e) : ids_list(mem, a->dir, &ids, &e);
    if (rc == RC_OK)
        rc = pack_load(mem, a->dir, ids.v, ids.n, NULL, 0, &set, &problems, &e);
    if (rc != RC_OK)
        return failed(&e);
    if (!set) {
        struct buf *b = buf_new(mem, OUTPUT_MAX);
        pack_problems_print(b, &problems);
        fwrite(b->p, 1, b->n, stderr);
        return 2;
    }
    for (size_t i = 0; rc == RC_OK && i < ids.n; i++)
        rc = coverage_one(mem, set, a, ids.v[i], out, &full, &e);
    if (rc != RC_OK)
        return failed(&e);
    if (out)
        printf("%s\n", json_text(mem, out));
    return full ? 0 : 1;
}

int cmd_coverage(int argc, char **argv) {
    struct cover_args a = {.dir = "packs", .catalogue = "requirements"};
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (text_eq(argv[i], "--forms"))
            a.forms = true;
        else if (text_eq(argv[i], "--json"))
            a.json = true;
        else if (text_eq(argv[i], "--all"))
            a.all = true;
        else if (next && text_eq(argv[i], "--pack"))
            a.pack = argv[++i];
        else if (next && text_eq(argv[i], "--dir"))
            a.dir = argv[++i];
        else if (next && text_eq(argv[i], "--catalogue"))
            a.catalogue = argv[++i];
        else
            return usage(MSG("cmd.coverage.usage"));
    }
    TALLOC_CTX *mem = mem_root(1 << 16);
    int status = coverage_run(mem, &a);
    talloc_free(mem);
    return status;
}
