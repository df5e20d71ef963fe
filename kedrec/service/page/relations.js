// How relations and kinds are drawn: Okabe and Ito's colours, each with line styles, so that colour isn't needed.

const COLOURS = { blue: "#0072b2", sky: "#56b4e9", green: "#009e73", orange: "#e69f00", vermilion: "#d55e00", purple: "#cc79a7", grey: "#7a7a7a" };

const STYLES = {
  TREATS: ["green", "solid"], PALLIATES: ["green", "dashed"], STUDIED_IN: ["green", "dotted"],
  CONTRAINDICATED_FOR: ["vermilion", "solid"], STOPPED_FOR: ["vermilion", "dashed"], CAUSES: ["vermilion", "dotted"],
  BINDS: ["blue", "solid"], UPREGULATES: ["blue", "dashed"], DOWNREGULATES: ["blue", "dotted"],
  ASSOCIATED_WITH: ["orange", "solid"], PRESENTS: ["orange", "dashed"], CONTRIBUTES_TO: ["orange", "dotted"],
  INTERACTS_WITH: ["sky", "solid"], REGULATES: ["sky", "dashed"], COVARIES_WITH: ["sky", "dotted"],
  PARTICIPATES_IN: ["purple", "solid"], AFFECTS: ["purple", "dashed"], EXPRESSED_IN: ["purple", "dotted"],
  MEMBER_OF: ["grey", "solid"], IS_A: ["grey", "dashed"], RESEMBLES: ["grey", "dotted"],
};

/** Colour and line style of a relation. */
export function lineOf(relation) {
  const [colour, style] = STYLES[relation] ?? ["grey", "dashed"];
  return { colour: COLOURS[colour], style };
}

const SHAPES = { Drug: "round-rectangle", Disease: "round-rectangle", Gene: "ellipse", Symptom: "diamond", SideEffect: "diamond", PharmacologicClass: "hexagon" };

/** Shape of a kind. */
export const shapeOf = (kind) => SHAPES[kind] ?? "rectangle";

/** Dash pattern of a style, for SVG. */
export const DASHES = { solid: "", dashed: "8 4", dotted: "2 4" };
