/** Paul Tol's "light" scheme, as the Python side draws: told apart by the colour-blind. */
export const COLOURS: Record<string, string> = {
  neutral: "#dddddd",
  happiness: "#eedd88",
  surprise: "#99ddff",
  sadness: "#77aadd",
  anger: "#ffaabb",
  disgust: "#bbcc33",
  fear: "#aaaaff",
  contempt: "#ee8866",
};
export const UNSURE = "#ffffff";
