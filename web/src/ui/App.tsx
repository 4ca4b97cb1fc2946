import { useEffect, useState } from "react";

import { hasGpu } from "../reading/reader";
import { Live, SMALLEST } from "./Live";
import { Models } from "./Models";
import { useOpened, type Choice } from "./opened";
import { Pictures } from "./Pictures";
import { Text } from "./Text";
import { LanguageContext, WORDS, type Language } from "./words";

const TABS = ["live", "pictures", "text", "models"] as const;
/** The first is the default; the others are fetched when they are chosen. */
const CLASSIFIERS = ["mien-tiny", "mien", "seed"];

export function App() {
  const [language, setLanguage] = useState<Language>(() => {
    const kept = localStorage.getItem("language");
    return kept === "vi" || (!kept && navigator.language.startsWith("vi")) ? "vi" : "en";
  });
  const [tab, setTab] = useState<(typeof TABS)[number]>("live");
  const [network, setNetwork] = useState(CLASSIFIERS[0]!);
  const [remote, setRemote] = useState(false);
  const [gpu, setGpu] = useState(false);
  const [choice, setChoice] = useState<Choice>("auto");
  const [opened, error] = useOpened(network, choice, SMALLEST);
  const words = WORDS[language];

  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem("language", language);
  }, [language]);

  useEffect(() => void hasGpu().then(setGpu), []);

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
        {gpu && (
          <label className="network" title={words.processorHelp}>
            {words.processor}{" "}
            <select value={choice} onChange={(event) => setChoice(event.target.value as Choice)}>
              <option value="auto">{words.auto + (opened ? ` (${words[opened.processor]})` : "")}</option>
              <option value="cpu">{words.cpu}</option>
              <option value="gpu">{words.gpu}</option>
            </select>
          </label>
        )}
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
        {!opened && !error && <p className="quiet">{words.loading}</p>}
        {opened && tab === "live" && <Live reader={opened.reader} contract={opened.contract} remote={remote} onRemote={setRemote} />}
        {opened && tab === "pictures" && <Pictures reader={opened.reader} labels={opened.contract.labels} />}
        {tab === "text" && <Text />}
        {tab === "models" && <Models />}
      </main>
      <footer>
        <p>{tab === "text" ? words.leaves : tab === "live" && remote ? words.streams : words.stays}</p>
      </footer>
    </LanguageContext.Provider>
  );
}
