// Draw each figure from its data, at the width of the page or of the paper.
const drawn = [...document.querySelectorAll(".figure")].map((figure) => {
  const { config, ...contents } = JSON.parse(figure.querySelector("script").textContent);
  const place = document.createElement("div");
  figure.replaceChildren(place);
  Plotly.newPlot(place, {
    ...contents,
    config: { ...config, responsive: true, displaylogo: false },
  });
  return place;
});
const fit = (width) =>
  drawn.map((place) => Plotly.relayout(place, { width, autosize: width === null }));
addEventListener("beforeprint", () => fit(680));
addEventListener("afterprint", () => fit(null));
