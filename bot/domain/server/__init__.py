"""What a server and its members have set: values, rules, labels. Pure."""
