-- Films are listed, filtered and searched in memory: nobody asks these tables and indexes any more.
DROP TABLE movie_words;
DROP TABLE movie_genres;
DROP INDEX movies_by_release;
DROP INDEX movies_by_rating;
