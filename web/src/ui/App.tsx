import { useEffect, useMemo, useState } from "react";

import type { ClassifierContract } from "../reading/contract";
import { Reader } from "../reading/reader";
import { Live } from "./Live";
import { Models } from "./Models";
import { Pictures } from "./Pictures";
import { Text } from "./Text";
import { LanguageContext, WORDS, type Language } from "./words";

const TABS = ["live", "pictures", "text", "models"] as const;
/** The first is the default; the others are fetched when they are chosen. */
const CLASSIFIERS = ["mien-tiny", "seed"];

export function App() {
  const [language, setLanguage] = useState<Language>(() => {
    const kept = localStorage.getItem("language");
    return kept === "vi" || (!kept && navigator.language.startsWith("vi")) ? "vi" : "en";
  });
  const [tab, setTab] = useState<(typeof TABS)[number]>("live");
  const [contract, setContract] = useState<ClassifierContract>();
  const [error, setError] = useState("");
  const [network, setNetwork] = useState(CLASSIFIERS[0]!);
  const [remote, setRemote] = useState(false);
  const reader = useMemo(() => new Reader(), []);
  const words = WORDS[language];

  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem("language", language);
  }, [language]);

  useEffect(() => {
    setContract(undefined);
    reader.open(network).then(setContract, (reason: unknown) =>
      setError(reason instanceof Error ? reason.message : String(reason)),
    );
  }, [reader, network]);

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
        <label className="network">
          {words.network}{" "}
          <select value={network} onChange={(event) => setNetwork(event.target.value)}>
            {CLASSIFIERS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
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
        {!contract && !error && <p className="quiet">{words.loading}</p>}
        {contract && tab === "live" && <Live reader={reader} contract={contract} remote={remote} onRemote={setRemote} />}
        {contract && tab === "pictures" && <Pictures reader={reader} labels={contract.labels} />}
        {tab === "text" && <Text />}
        {tab === "models" && <Models />}
      </main>
      <footer>
        <p>{tab === "text" ? words.leaves : tab === "live" && remote ? words.streams : words.stays}</p>
      </footer>
    </LanguageContext.Provider>
  );
}
