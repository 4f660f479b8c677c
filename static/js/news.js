// Whether a frame's events may change what needs a person. The page says which: the server's own
// list, by how their kinds begin.
const news = (document.body.dataset.news ?? "").split(" ").filter(Boolean);

export const newsworthy = ({ kinds }) =>
  kinds.some((kind) => news.some((start) => kind.startsWith(start)));
