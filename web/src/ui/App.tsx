import { useEffect, useMemo, useState } from "react";

import { Reader } from "../reading/reader";
import { Live } from "./Live";
import { Models } from "./Models";
import { Pictures } from "./Pictures";
import { LanguageContext, WORDS, type Language } from "./words";

const TABS = ["live", "pictures", "models"] as const;
const CLASSIFIERS = ["seed"];

export function App() {
  const [language, setLanguage] = useState<Language>(() => {
    const kept = localStorage.getItem("language");
    return kept === "vi" || (!kept && navigator.language.startsWith("vi")) ? "vi" : "en";
  });
  const [tab, setTab] = useState<(typeof TABS)[number]>("live");
  const [labels, setLabels] = useState<string[]>();
  const [error, setError] = useState("");
  const reader = useMemo(() => new Reader(), []);
  const words = WORDS[language];

  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem("language", language);
  }, [language]);

  useEffect(() => {
    reader.open(CLASSIFIERS[0]!).then(
      (opened) => setLabels(opened.labels),
      (reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason)),
    );
  }, [reader]);

  return (
    <LanguageContext.Provider value={language}>
      <header>
        <h1>mien</h1>
        <p>{words.tagline}</p>
        <nav role="tablist" aria-label="mien">
          {TABS.map((key) => (
            <button key={key} role="tab" id={`tab-${key}`} aria-selected={tab === key} aria-controls="panel" onClick={() => setTab(key)}>
              {words[key]}
            </button>
          ))}
        </nav>
        <button className="language" lang={language === "en" ? "vi" : "en"} onClick={() => setLanguage(language === "en" ? "vi" : "en")}>
          {words.language}
        </button>
      </header>
      <main role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`}>
        {error && (
          <p role="alert">
            {words.failed} {error}
          </p>
        )}
        {!labels && !error && <p className="quiet">{words.loading}</p>}
        {labels && tab === "live" && <Live reader={reader} labels={labels} />}
        {labels && tab === "pictures" && <Pictures reader={reader} labels={labels} />}
        {tab === "models" && <Models />}
      </main>
      <footer>
        <p>{words.stays}</p>
      </footer>
    </LanguageContext.Provider>
  );
}
