// name: count-edges-by-year
// fills: relation
// How many edges of each source have a year, and how many have one after $year.
MATCH ()-[r:`{relation}`]->()
RETURN
  r.source AS source, count(r) AS edges, count(r.year) AS dated,
  sum(CASE WHEN r.year > $year THEN 1 ELSE 0 END) AS later
