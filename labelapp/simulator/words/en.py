"""English. `<` the customer says, `>` we say; {item}, {n}, {order}, {amount}, {day} are filled in."""

GIVEN = (
    "Amelia Omar Grace Daniel Hannah Karim Olivia Marcus Priya Thomas Leila Jack Nadia Ethan Ruth Samuel "
    "Mona Peter Zoe Adam Farah Lucy George Ines Hugo Maya Simon Clara Yusuf Ellen"
)
FAMILY = (
    "Bennett Haddad Whitfield Okafor Larsen Doyle Marsh Iqbal Turner Novak Fraser El-Sayed Pemberton "
    "Quinn Abbott Rahman Sutton Vance Walsh Mercer Dawson Holt Nasser Kerr Underwood"
)
GROUPS = ["{place} resellers", "{place} market orders", "Hotel {place}: breakfast room", "{place} café buyers"]
PLACES = ["Cairo", "Ribeira", "Old Town", "Harbour", "Garden City", "Riverside", "North Quay", "Palm Street"]
ITEMS = ["olive oil tins", "tea glasses", "blue bowls", "linen towels", "ceramic plates", "coffee cups", "copper trays"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Saturday"]

TALKS = {
    "ask": [
        "<Hello! Do you still have the {item}?|"
        ">Good morning! Yes, they came in this week. How many would you like?|"
        "<Maybe {n}. What would that cost with delivery?",
        "<Hi, a friend sent me your catalogue|<Are the {item} dishwasher safe?|"
        ">Welcome to Nile & Douro! They are, up to 60 degrees.|<Great. Can I see more colours?",
        "<Is the shop open on {day}?|>Yes, from 10 to 19 h.|<Perfect, I'd like to look at the {item}",
    ],
    "quote": [
        ">Here is our quote: {n} × {item}, {amount} in all, delivery included.|"
        "<Thanks, let me check with my husband|<Can you do a little better if I take {n} more?",
        ">For {n} {item} it would be {amount}.|<Can you send the quote again, with the delivery to the north?",
    ],
    "pay": [
        "<OK, we take them|>Wonderful! I'll send the payment details now.|"
        ">Order {order}, {amount}. Bank transfer or card, as you like.|<I'll transfer on {day}",
        ">Shall I keep order {order} for you? The transfer has not arrived yet.|"
        "<Sorry, the bank was closed. I'll do it on {day}",
    ],
    "paid": [
        "<Payment done, here is the receipt|>Thank you, I can see it. We pack order {order} today.",
        "<I just paid {amount}|>Received, thank you!|<When does it leave?",
    ],
    "ship": [
        ">Your order left our warehouse this morning. It should be with you on {day}.|"
        "<Perfect, thank you for sorting it so fast",
        "<Any news about order {order}?|>It is on the van, the driver will call you.|"
        "<Please leave it with the neighbour",
    ],
    "close": [
        "<Everything arrived, not one broken. Beautiful!|>So glad to hear it. See you next time!",
        "<The {item} look lovely on our table, thank you|>Thank you for the photo!",
    ],
    "invoice": [
        "<Could you send the invoice to our office, please? Order {order}",
        "<We still need an invoice with our tax number",
    ],
    "refund": [
        "<Two of the {item} came broken. I'd like my money back please",
        "<I was charged twice for order {order}!",
    ],
    "late": ["<It is {day} and nothing has arrived", "<Where is order {order}? You said {day}"],
    "manager": ["<I'd like to speak to the manager please", "<This is the third time I ask about order {order}"],
    "group": [
        "<Price list v3 is attached|<Are the {item} in this week's delivery?|>Yes, {n} boxes, on {day}.|"
        "<Count us in for {n}",
        "<We can collect on {day} if the rest is ready|>It will be ready by noon.|<Who brings the van?|<I do",
    ],
}
CHATTER = [
    "Is it still possible to change the address?", "Thank you!", "And do you have the {item} in green?", "How long does delivery take?",
    "I'll come by on {day}", "Could I add {n} {item} to my order?", "Just saw your message, give me a minute", "What is the price for {n}?",
]  # fmt: skip
ANSWERS = ["Of course, I'll check and come back to you.", "Yes, that works.", "It is on its way.", "You're welcome!"]
