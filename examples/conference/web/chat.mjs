// SPDX-License-Identifier: Apache-2.0
// The text chat: a log that screen readers follow, and a mark for what has not been read.
import { element } from './dom.mjs';
import { Emitter } from './emitter.mjs';

const LINK = /(https?:\/\/[^\s<>"]+)/g;
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** Events: `unread` (how many). */
export class Chat extends Emitter {
  #nodes;
  #session = null;
  #unread = 0;
  #atEnd = true;
  open = false;

  /** @param {{log: HTMLElement, list: HTMLElement, form: HTMLFormElement, input: HTMLTextAreaElement, error: HTMLElement}} nodes */
  constructor(nodes) {
    super();
    this.#nodes = nodes;
    const { log } = nodes;
    log.onscroll = () => { this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40; };
    new ResizeObserver(() => { if (this.#atEnd) log.scrollTop = log.scrollHeight; }).observe(log);
    nodes.form.onsubmit = (event) => { event.preventDefault(); this.#send(); };
    nodes.input.onkeydown = (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#send(); }
    };
  }

  attach(session) {
    this.#session = session;
    this.#setUnread(0);
    session.on('history', () => this.#showAll());
    session.on('chat', (message) => {
      this.#append(message);
      if (!this.open && message.participant !== session.self) this.#setUnread(this.#unread + 1);
    });
  }

  setOpen(open) {
    this.open = open;
    if (!open) return;
    this.#setUnread(0);
    this.#atEnd = true;
    this.#nodes.log.scrollTop = this.#nodes.log.scrollHeight;
    this.#nodes.input.focus();
  }

  #setUnread(count) {
    this.#unread = count;
    this.emit('unread', count);
  }

  #showAll() {
    this.#nodes.list.replaceChildren();
    for (const message of this.#session.messages) this.#append(message);
  }

  #append(message) {
    const { log, list } = this.#nodes;
    const own = message.participant === this.#session.self;
    const when = new Date(message.time);
    list.append(element('li', { class: own ? 'own' : '' },
      element('span', { class: 'who' }, own ? 'You' : message.name),
      element('time', { dateTime: when.toISOString() }, time.format(when)),
      element('p', {}, ...withLinks(message.text))));
    if (list.children.length > 500) list.firstElementChild.remove();
    if (this.#atEnd || own) log.scrollTop = log.scrollHeight;
  }

  async #send() {
    const { input, error } = this.#nodes;
    const text = input.value.trim();
    if (text === '') return;
    try {
      await this.#session.sendChat(text);
      input.value = '';
      error.textContent = '';
    } catch (failure) {
      error.textContent = `Not sent: ${failure.message}`;
    }
  }
}

function withLinks(text) {
  return text.split(LINK).map((part, index) => (index % 2 === 0 ? part
    : element('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part)));
}
