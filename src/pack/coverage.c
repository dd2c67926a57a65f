/* coverage: what the catalogue (requirements/<pack>.yaml) demands against what the set carries. The strength of a carrier follows from
 * its kind alone; nothing in a pack can declare it. */
#include "pack/coverage.h"
#include <string.h>

struct carrier { enum strength strength; bool measures; const char *name; struct carrier *next; };
struct carriers { TALLOC_CTX *mem; struct map *by_duty; };

static void carry(struct carriers *c, const struct carries *duties, enum strength s, bool measures, const char *kind, const char *name) {
    for (size_t i = 0; i < duties->n; i++) {
        struct carrier *x = mem_new(c->mem, struct carrier);
        x->strength = s;
        x->measures = measures;
        x->name = mem_fmt(c->mem, "%s %s", kind, name);
        x->next = map_get(c->by_duty, duties->duty[i]);
        map_set(c->by_duty, duties->duty[i], x);
    }
}

static void field_carriers(struct carriers *c, const struct form *f, const struct field *fd) {
    bool enforced = fd->required || fd->required_when || fd->value || fd->allowed || fd->all_ticked || fd->unique || fd->pattern || fd->audited_by;
    carry(c, &fd->carries, enforced ? S_ENFORCE : S_FLOW, false, "field", mem_fmt(c->mem, "%s.%s", f->ident, fd->path));
    for (size_t i = 0; i < fd->cols_n; i++)
        field_carriers(c, f, &fd->cols[i]);
}

static void form_carriers(struct carriers *c, const struct form *f) {
    carry(c, &f->carries, S_FLOW, false, "form", f->id);
    carry(c, &f->no_approval.carries, S_FLOW, false, "no_approval", f->id);
    for (size_t i = 0; i < f->field_n; i++)
        field_carriers(c, f, &f->field[i]);
    for (size_t i = 0; i < f->rule_n; i++)
        carry(c, &f->rule[i].carries, f->rule[i].kind == RULE_DENY ? S_ENFORCE : S_INFORM, false, "rule", f->rule[i].key);
    for (size_t i = 0; i < f->step_n; i++)
        carry(c, &f->step[i].carries, f->step[i].distinct ? S_ENFORCE : S_FLOW, false, "step", mem_fmt(c->mem, "%s/%s", f->id, f->step[i].key));
    for (size_t i = 0; i < f->then_n; i++)
        carry(c, &f->then[i].carries, S_EVENT, false, "then", f->then[i].key);
}

static void pack_carriers(struct carriers *c, const struct pack *p) {
    for (size_t i = 0; i < p->role_n; i++)
        carry(c, &p->role[i].carries, p->role[i].exclusive_n ? S_ENFORCE : S_FLOW, false, "role", p->role[i].key);
    for (size_t i = 0; i < p->param_n; i++)
        carry(c, &p->param[i].carries, S_FLOW, false, "parameter", p->param[i].id);
    for (size_t i = 0; i < p->choice_n; i++)
        carry(c, &p->choice[i].carries, S_FLOW, false, "choice", p->choice[i].id);
    for (size_t i = 0; i < p->check_n; i++)
        carry(c, &p->check[i].carries, S_CHECK, false, "check", p->check[i].key);
    for (size_t i = 0; i < p->schedule_n; i++)
        carry(c, &p->schedule[i].carries, S_SCHEDULE, false, "schedule", p->schedule[i].key);
    for (size_t i = 0; i < p->declaration_n; i++)
        carry(c, &p->declaration[i].carries, S_SCHEDULE, true, "declaration", p->declaration[i].key);
    for (size_t i = 0; i < p->para_n; i++)
        carry(c, &p->para[i].carries, p->para[i].ack ? S_INFORM : S_TEXT, false, "text", p->para[i].article ? p->para[i].article : "-");
}

static unsigned how_of(const struct ynode *duty, enum strength *ret_first) {
    const struct ynode *how = yaml_get(duty, "how");
    size_t n = !how ? 0 : how->kind == Y_SEQ ? how->n : 1;
    unsigned all = 0;
    for (size_t i = n; i-- > 0;) {
        const struct ynode *x = how->kind == Y_SEQ ? how->item[i] : how;
        int s = x->kind == Y_SCALAR ? name_index(strength_names, x->text) : 0;
        if (!s)
            continue;
        all |= 1u << (s - 1);
        *ret_first = (enum strength)(s - 1);
    }
    return all;
}

static void row_fill(TALLOC_CTX *mem, struct cover_row *row, const struct carrier *c) {
    struct buf *b = buf_new(mem, 1 << 16);
    for (; c; c = c->next) {
        enum strength s = c->measures && (row->demanded_all & (1u << S_MEASURE)) ? S_MEASURE : c->strength;
        if (!row->carried || s > row->strength)
            row->strength = s;
        row->carried = true;
        row->carried_all |= 1u << s;
        row->by_n++;
        buf_fmt(b, "%s%s", b->n ? ", " : "", c->name);
    }
    row->by = b->p;
}

const struct ynode *catalogue_read(TALLOC_CTX *mem, const char *dir, const char *pack, struct err *e) {
    struct problem_vec problems = VEC_INIT(mem);
    bool missing;
    const char *path = file_join(mem, dir, mem_fmt(mem, "%s.yaml", pack));
    const struct ynode *root = text_is_ident(pack) ? yaml_load(mem, path, &problems, &missing) : NULL;
    if (!root)
        (void)err_set_arg(e, ERR_PACK_UNKNOWN, pack, "catalogue %s: %s", path, problems.n ? problems.v[0].text : "missing");
    return root;
}

static void set_carriers(struct carriers *c, const struct pack_set *s) {
    for (size_t i = 0; i < s->form_n; i++)
        form_carriers(c, &s->form[i]);
    for (size_t i = 0; i < s->pack_n; i++)
        pack_carriers(c, &s->pack[i]);
}

void coverage_carried(TALLOC_CTX *mem, const struct pack_set *s, const char *pack, const char *article, struct cover_vec *ret_rows) {
    struct carriers c = {.mem = mem, .by_duty = map_new(mem)};
    *ret_rows = (struct cover_vec)VEC_INIT(mem);
    set_carriers(&c, s);
    for (size_t i = 0; i < s->duty_n; i++) {
        const struct duty *d = &s->duty[i];
        if (!text_eq(d->pack->id, pack) || (article != NULL && !text_eq(d->article, article)))
            continue;
        struct cover_row *row = vec_push(ret_rows);
        *row = (struct cover_row){.duty = d, .key = d->key, .article = d->article, .weaker_because = d->weaker_because, .demanded = d->how_n ? d->how[0] : S_TEXT};
        row_fill(mem, row, map_get(c.by_duty, d->key));
    }
}

enum rc coverage_duties(TALLOC_CTX *mem, const struct pack_set *s, const char *catalogue_dir, const char *pack, struct cover_vec *ret_rows,
                        struct err *e) {
    struct carriers c = {.mem = mem, .by_duty = map_new(mem)};
    const struct ynode *root = catalogue_read(mem, catalogue_dir, pack, e);
    *ret_rows = (struct cover_vec)VEC_INIT(mem);
    if (!root)
        return err_rc(e);
    set_carriers(&c, s);
    const struct ynode *duties = yaml_get(root, "duties");
    for (size_t i = 0; duties && i < duties->n; i++) {
        const struct ynode *d = duties->item[i];
        if (!yaml_text(d, "id"))
            continue;
        struct cover_row *row = vec_push(ret_rows);
        row->key = yaml_text(d, "id");
        row->duty = pack_duty(s, row->key);
        row->article = row->duty ? row->duty->article : yaml_text(d, "where");
        row->weaker_because = row->duty ? row->duty->weaker_because : NULL;
        row->demanded_all = how_of(d, &row->demanded);
        row_fill(mem, row, map_get(c.by_duty, row->key));
    }
    return RC_OK;
}
