/** Trying the relay as a client would, within one's own limits. */
import { Link, useSearch } from "@tanstack/react-router";
import { useI18n } from "../../i18n";
import { Page } from "../../ui/Page";
import { Chat } from "./Chat";
import { Image } from "./Image";
import "./playground.css";

/** A tab is where all of the URL says so. */
const EXACT = { exact: true, includeSearch: true };

export function Playground() {
  const { t } = useI18n();
  const words = t.playground;
  const { mode } = useSearch({ from: "/signed/playground" });
  return (
    <Page title={words.title} lead={words.lead}>
      <p className="text muted">
        {words.stored} {words.key}
      </p>
      <nav className="tabs" aria-label={words.mode}>
        <Link to="/playground" search={{}} activeOptions={EXACT}>{words.chat}</Link>
        <Link to="/playground" search={{ mode: "image" }} activeOptions={EXACT}>{words.image}</Link>
      </nav>
      {mode === "image" ? <Image /> : <Chat />}
    </Page>
  );
}
