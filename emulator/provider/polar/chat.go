package polar

import "slices"

// Formats of messages. Those of the chats are worded for people.
const (
	formatRaw     = "raw"
	formatDiscord = "discord"
	formatSlack   = "slack"
)

// Pictures in messages to chats. Source: polar/config.py.
const (
	chatIcon      = "https://raw.githubusercontent.com/polarsource/polar/2648cf7472b5128704a097cd1eb3ae5f1dd847e5/docs/docs/assets/favicon.png"
	chatThumbnail = "https://raw.githubusercontent.com/polarsource/polar/4fd899222e200ca70982f437039f549b7a822ecc/clients/apps/web/public/email-logo-dark.png"
	chatColor     = 25343
)

// note is what a chat is told about an event. Source: polar/webhook/webhooks.py.
type note struct {
	content     string // above it all
	title       string
	description string
	fields      []chatField
}

// chatField is one line of a note.
type chatField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// plainNote is the note about an event that has no wording of its own.
func plainNote(eventType, id string, o *organization) note {
	return note{eventType, eventType, eventType, []chatField{{"Object", id}, {"Organization", o.Name}}}
}

func (sub *checkoutSubject) note(eventType string) note {
	return plainNote(eventType, sub.session.ID, sub.objects.organization)
}

func (sub *customerSubject) note(eventType string) note {
	return plainNote(eventType, sub.customer.ID, sub.organization)
}

func (sub *stateSubject) note(eventType string) note {
	return plainNote(eventType, sub.customer.ID, sub.organization)
}

func (sub *orderSubject) note(eventType string) note {
	n := note{"New Order", "New Order", "New order has been made to " + sub.organization.Name + ".", []chatField{
		{"Product", sub.product.Name}, {"Amount", money(sub.order.Amounts.Net, sub.order.Currency)}, {"Customer", sub.customer.Email},
	}}
	refunded := eventType == eventOrderRefunded
	if refunded {
		n.content, n.title, n.description = "Order Refunded", "Order Refunded", "Order refunded for "+sub.organization.Name+"."
		n.fields[1] = chatField{"Refunded", money(sub.order.Refunded, sub.order.Currency)}
	}
	if sub.subscription != nil {
		n.fields = append(n.fields, chatField{"Subscription", "Yes"})
	}
	if refunded && sub.order.status() == orderRefunded {
		n.fields = append(n.fields, chatField{"Fully Refunded", "Yes"})
	}
	return n
}

func (sub *refundSubject) note(eventType string) note {
	title, text := "Refund Created", "Refund has been created for "
	if eventType == eventRefundUpdated {
		title, text = "Refund Updated", "Refund has been updated for "
	}
	return note{title, title, text + sub.organization.Name + ".", []chatField{
		{"Amount", money(sub.refund.Amount, sub.refund.Currency)}, {"Status", refundSucceeded},
	}}
}

func (sub *subscriptionSubject) note(eventType string) note {
	s := sub.subscription
	amount := "Free"
	if s.Amount > 0 {
		amount = money(s.Amount, s.Currency) + "/" + s.Interval
	}
	fields := []chatField{{"Product", sub.product.Name}, {"Amount", amount}, {"Customer", sub.customer.Email}}
	if eventType == eventSubscriptionCreated {
		return note{"New Subscription", "New Subscription", "New subscription has been made to " + sub.organization.Name + ".", fields}
	}
	fields = append(fields, chatField{"Status", s.Status})
	switch eventType {
	case eventSubscriptionActive:
		return note{"Subscription is now active.", "Active Subscription", "Subscription is now active.", fields}
	case eventCanceled:
		fields = append(fields, chatField{"Ends At", shortDate(s.EndsAt)})
		return note{"Subscription has been canceled.", "Canceled Subscription", "Subscription has been canceled.", fields}
	case eventUncanceled:
		return note{"Subscription has been uncanceled.", "Uncanceled Subscription", "Subscription has been restored.", fields}
	case eventRevoked:
		return note{"Subscription has been revoked.", "Revoked Subscription", "Subscription has been revoked.", fields}
	case eventPaused:
		if !s.ResumesAt.IsZero() {
			fields = append(fields, chatField{"Resumes At", shortDate(s.ResumesAt)})
		}
		return note{"Subscription has been paused.", "Paused Subscription", "Subscription has been paused.", fields}
	case eventResumed:
		return note{"Subscription has resumed.", "Resumed Subscription", "Subscription has resumed.", fields}
	}
	return plainNote(eventType, s.ID, sub.organization)
}

// discordBody is a message to Discord. Source: polar/integrations/discord/webhook.py.
type discordBody struct {
	Content string         `json:"content"`
	Embeds  []discordEmbed `json:"embeds"`
}

type discordEmbed struct {
	Color  int `json:"color"`
	Author struct {
		Name    string `json:"name"`
		IconURL string `json:"icon_url"`
	} `json:"author"`
	Thumbnail struct {
		URL string `json:"url"`
	} `json:"thumbnail"`
	Footer struct {
		Text string `json:"text"`
	} `json:"footer"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Fields      []chatField `json:"fields"`
}

func (n note) discord() discordBody {
	e := discordEmbed{Color: chatColor, Title: n.title, Description: n.description, Fields: n.fields}
	e.Author.Name, e.Author.IconURL = "Polar.sh", chatIcon
	e.Thumbnail.URL, e.Footer.Text = chatThumbnail, "Powered by Polar.sh"
	return discordBody{n.content, []discordEmbed{e}}
}

// slackBody is a message to Slack. Source: polar/integrations/slack/payload.py.
type slackBody struct {
	Text   string `json:"text"`
	Blocks []any  `json:"blocks"`
}

type slackSection struct {
	Type   string      `json:"type"`
	Text   slackText   `json:"text"`
	Fields []slackText `json:"fields"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type slackContext struct {
	Type     string `json:"type"`
	Elements []any  `json:"elements"`
}

type slackImage struct {
	Type string `json:"type"`
	URL  string `json:"image_url"`
	Alt  string `json:"alt_text"`
}

func (n note) slack() slackBody {
	section := slackSection{Type: "section", Text: slackText{"mrkdwn", n.description}}
	for _, f := range n.fields {
		section.Fields = append(section.Fields, slackText{"mrkdwn", "*" + f.Name + "*\n" + f.Value})
	}
	powered := slackContext{"context", []any{slackImage{"image", chatIcon, "Polar"}, slackText{"mrkdwn", "Powered by Polar.sh"}}}
	return slackBody{n.content, []any{section, powered}}
}

// chatSkips are the events that chats are not told about: what is interesting of them is told by others.
var chatSkips = []string{eventSubscriptionUpdated}

func chatTold(eventType string) bool { return !slices.Contains(chatSkips, eventType) }
