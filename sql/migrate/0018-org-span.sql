-- projection: what the forms of the organisation said while in force: a row for each version that was, since_us until until_us (null: still); person, department, role and days only, no names. form person: department, joined and left; department: head (person), parent (department); assignment; delegation: deputy (person), who is represented (other)
CREATE TABLE org_span (record BIGINT NOT NULL, revision BIGINT NOT NULL, form TEXT NOT NULL, since_us BIGINT NOT NULL, until_us BIGINT, person BIGINT, other BIGINT, department BIGINT,
 role TEXT, from_on TEXT, to_on TEXT, PRIMARY KEY (record, revision));
CREATE INDEX org_span_form ON org_span (form, record, since_us);
CREATE INDEX org_span_role ON org_span (form, role, record);
CREATE INDEX org_span_department ON org_span (form, department, record);
CREATE INDEX org_span_person ON org_span (form, person, record);
CREATE INDEX org_span_other ON org_span (form, other, record);
-- a house that has acts already makes it once, at its next start
INSERT INTO keep (k, v) SELECT 'org_span', 'wanted' WHERE EXISTS (SELECT 1 FROM act);
