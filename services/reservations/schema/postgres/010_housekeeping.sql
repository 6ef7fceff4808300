-- By itself PostgreSQL cleans a table when a fifth of it is dead: of twenty million reservations four. Until then every hold that was
-- paid or ran out is still in the indexes of pending ones, and the sweep, four times a second, steps over all of them. The indexes are
-- cleaned too, however few rows are dead: it is for them.
ALTER TABLE reservations SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 5000, vacuum_index_cleanup = on);
ALTER TABLE payments SET (autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 5000, vacuum_index_cleanup = on);
