// How numbers and texts of charts read. Amounts come as whole minor units; what
// an exact figure reads like comes from the page's maker as a text, and only the
// round numbers of axes are written here.

// tick writes a number of an axis: $1.2k for 120000 minor units of two digits.
function tick(value, unit) {
  const sign = value < 0 ? "-" : "";
  const [scaled, suffix] = shorten(Math.abs(value), unit.digits || 0);
  return sign + (unit.prefix || "") + scaled + suffix;
}

// shorten moves the point of a whole number by its digits and by thousands, by
// cutting its text, and drops zeros at the end.
function shorten(whole, digits) {
  let text = String(Math.round(whole));
  let point = digits;
  let suffix = "";
  for (const [thousands, name] of [[9, "bn"], [6, "m"], [3, "k"]]) {
    if (text.length > digits + thousands) {
      point = digits + thousands;
      suffix = name;
      break;
    }
  }
  text = text.padStart(point + 1, "0");
  const left = text.slice(0, text.length - point);
  const right = text.slice(text.length - point).slice(0, suffix ? 2 : digits).replace(/0+$/, "");
  return [right ? `${left}.${right}` : left, suffix];
}

const ruler = document.createElement("canvas").getContext("2d");

// textWidth is how many pixels a text takes in a chart.
function textWidth(text, size) {
  ruler.font = `${size}px ${fontFamily()}`;
  return ruler.measureText(text).width;
}

let family = "";
function fontFamily() {
  if (!family) family = getComputedStyle(document.body).fontFamily;
  return family;
}

// widest is the width that the widest of some texts takes, at most `most`. A
// little more than measured, since a text that is a hair too wide is cut.
function widest(texts, size, most) {
  let width = 0;
  for (const t of texts) width = Math.max(width, textWidth(t, size));
  return Math.min(Math.ceil(width * 1.04) + 4, Math.floor(most));
}
