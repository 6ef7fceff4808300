-- This number is another branch's.
SELECT 1;
