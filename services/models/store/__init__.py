"""All the SQL of the models service: searching, reading, spaces of vectors, importing."""
