// Light or dark: as the system says, until the reader chooses.
const root = document.documentElement;
root.classList.add("js");

const theme = {
  choices: ["system", "light", "dark"],
  names: { system: "Theme: auto", light: "Theme: light", dark: "Theme: dark" },
  chosen: "system",
  listeners: [],

  set(choice) {
    theme.chosen = choice;
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    const button = document.getElementById("theme");
    if (button) button.textContent = theme.names[choice];
    for (const f of theme.listeners) f();
  },

  // A page from a mail attachment may not be allowed to keep anything.
  kept() {
    try {
      const choice = localStorage.getItem("amends-theme");
      return theme.choices.includes(choice) ? choice : "system";
    } catch {
      return "system";
    }
  },

  keep() {
    try {
      localStorage.setItem("amends-theme", theme.chosen);
    } catch {
      // Chosen for this view alone.
    }
  },

  start() {
    const button = document.getElementById("theme");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => {
        theme.set(theme.choices[(theme.choices.indexOf(theme.chosen) + 1) % theme.choices.length]);
        theme.keep();
      });
    }
    theme.set(theme.kept());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      if (theme.chosen === "system") for (const f of theme.listeners) f();
    });
  },
};
