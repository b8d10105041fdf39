-- Every look asks whether an earlier one at the same thing was given up: not a reason to walk over all that wait.
CREATE INDEX job_failed ON job (kind, subject) WHERE state = 'failed';
