using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard login</c>, <c>yard token</c> and <c>yard user</c>.</summary>
internal static class UserCommands
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Login(Globals globals)
    {
        var name = new Argument<string?>("name") { Description = "Your login name (asked if not given and no --token is).", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("login", $"Saves a server and a token for later commands, in {Context.FilePath}.") { name };
        command.SetAction(async (parsed, stop) =>
        {
            var context = globals.Context(parsed);
            context = context with { Server = context.Server ?? Context.DefaultServer };
            var token = parsed.GetResult(globals.Token) is null ? null : parsed.GetValue(globals.Token);
            if (token is null)
            {
                var user = parsed.GetValue(name) ?? Ask("Name: ", false);
                using var anonymous = (context with { Token = null }).Open();
                token = (await anonymous.Login(new LoginWish(user, Ask("Password: ", true), $"yard login on {Environment.MachineName}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm:ss}"), stop).ConfigureAwait(false)).Token;
            }

            context = context with { Token = token };
            using var client = context.Open();
            var me = await client.Me(stop).ConfigureAwait(false);
            context.Save();
            Console.WriteLine($"Signed in to {context.Server} as {me.Name}{(me.Admin ? " (administrator)" : "")}.");
            return 0;
        });
        return command;
    }

    public static Command Token(Globals globals)
    {
        var command = new Command("token", "Makes, lists and revokes tokens of yours.");
        var name = new Argument<string>("name") { Description = "What the token is for." };
        var days = new Option<int?>("--days") { Description = "After how many days it expires (never if not given)." };
        var jsonMade = new Option<bool>("--json") { Description = "Print JSON." };
        var secret = new Option<bool>("--client-secret") { Description = "Make a client secret for OAuth (Databricks clients); its client id is the user's name." };
        var owner = new Option<string?>("--user") { Description = "Whose it is (administrators)." };
        var create = new Command("create", "Makes a token and prints it, this once.") { name, days, secret, owner, jsonMade };
        create.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var made = await client.CreateToken(new TokenWish(parsed.GetValue(name)!, parsed.GetValue(days) * 86_400L, parsed.GetValue(secret) ? true : null), parsed.GetValue(owner), stop).ConfigureAwait(false);
            Console.WriteLine(parsed.GetValue(jsonMade) ? JsonSerializer.Serialize(made, Indented) : made.Token);
            return 0;
        });
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var list = new Command("list", "Lists your tokens.") { json };
        list.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/tokens", stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("ID", "Name", "Begins", "Created", "Expires", "Last used", "State");
            var tokens = (await client.Tokens(stop).ConfigureAwait(false)).Tokens;
            foreach (var token in tokens)
            {
                var state = token.RevokedAt is not null ? "revoked" : token.ExpiresAt < TimeProvider.System.GetUtcNow() ? "expired" : "live";
                table.AddRow(Screen.Id(token.Id), Screen.Text(token.Name), Screen.Text(token.Prefix), Screen.Time(token.CreatedAt), Screen.Time(token.ExpiresAt), Screen.Time(token.LastUsedAt), state);
            }

            Screen.Show(table, tokens.Count, "token", false);
            return 0;
        });
        var which = new Argument<string>("token") { Description = "The token's id or name." };
        var revoke = new Command("revoke", "Revokes a token.") { which };
        revoke.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var wanted = parsed.GetValue(which)!;
            var live = (await client.Tokens(stop).ConfigureAwait(false)).Tokens.Where(token => token.RevokedAt is null).ToList();
            var token = live.FirstOrDefault(token => Screen.Id(token.Id) == wanted) ?? live.FirstOrDefault(token => token.Name == wanted);
            var id = token?.Id ?? (long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : throw new CommandFailedException($"You have no live token '{wanted}'; see 'yard token list'."));
            await client.RevokeToken(id, stop).ConfigureAwait(false);
            Console.WriteLine($"Token {id} is revoked.");
            return 0;
        });
        command.Add(create);
        command.Add(list);
        command.Add(revoke);
        return command;
    }

    public static Command User(Globals globals)
    {
        var command = new Command("user", "Adds, lists and removes users (administrators); passwords and API keys.");
        var name = new Argument<string>("name") { Description = "Login name: letters, digits and '_'." };
        var email = new Option<string?>("--email") { Description = "Shown by APIs that name users by address." };
        var admin = new Option<bool>("--admin") { Description = "Make an administrator." };
        var ask = new Option<bool>("--password") { Description = "Ask for a password instead of making one up." };
        var add = new Command("add", "Adds a user; a password is made up and printed, this once.") { name, email, admin, ask };
        add.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var made = await client.CreateUser(
                new UserChange(parsed.GetValue(name), parsed.GetValue(email), parsed.GetValue(admin), parsed.GetValue(ask) ? Ask("Password: ", true) : null), stop).ConfigureAwait(false);
            Console.WriteLine($"User {made.User.Name} is added.{(made.Password is { } password ? $" Password: {password}" : "")}");
            return 0;
        });
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var list = new Command("list", "Lists users.") { json };
        list.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/users?limit=1000", stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("Name", "E-mail", "Administrator", "Created");
            var users = (await client.Users(stop).ConfigureAwait(false)).Users;
            foreach (var user in users)
                table.AddRow(Screen.Text(user.Name), Screen.Text(user.Email ?? "-"), user.Admin ? "yes" : "no", Screen.Time(user.CreatedAt));
            Screen.Show(table, users.Count, "user", false);
            return 0;
        });
        var removed = new Argument<string>("name") { Description = "Login name." };
        var remove = new Command("remove", "Removes a user with all tokens; jobs and runs stay.") { removed };
        remove.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.DeleteUser(parsed.GetValue(removed)!, stop).ConfigureAwait(false);
            Console.WriteLine($"User {parsed.GetValue(removed)} is removed.");
            return 0;
        });
        var whose = new Argument<string?>("name") { Description = "Login name (yours if not given).", Arity = ArgumentArity.ZeroOrOne };
        var passwd = new Command("passwd", "Changes a password.") { whose };
        passwd.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var user = parsed.GetValue(whose) ?? (await client.Me(stop).ConfigureAwait(false)).Name;
            await client.ChangeUser(user, new UserChange(null, null, null, Ask("New password: ", true)), stop).ConfigureAwait(false);
            Console.WriteLine($"The password of {user} is changed.");
            return 0;
        });
        var apiKey = new Command("api-key", "Prints your API key for Cloudera clients; your password is asked again.");
        apiKey.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            Console.WriteLine((await client.ApiKey(Ask("Password: ", true), stop).ConfigureAwait(false)).Key);
            return 0;
        });
        var leaked = new Argument<string>("name") { Description = "Login name." };
        var revokeKey = new Command("revoke-api-key", "Revokes a user's API key; the next look-up makes another (administrators).") { leaked };
        revokeKey.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.RevokeApiKey(parsed.GetValue(leaked)!, stop).ConfigureAwait(false);
            Console.WriteLine($"The API key of {parsed.GetValue(leaked)} is revoked.");
            return 0;
        });
        command.Add(add);
        command.Add(list);
        command.Add(remove);
        command.Add(passwd);
        command.Add(apiKey);
        command.Add(revokeKey);
        return command;
    }

    /// <summary>Asks on the terminal; reads a line where there is none, so that scripts can pipe it in.</summary>
    private static string Ask(string prompt, bool secret)
    {
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? throw new CommandFailedException($"{prompt.TrimEnd(' ', ':')} is expected on standard input.");
        Console.Error.Write(prompt);
        if (!secret)
            return Console.ReadLine() ?? "";
        var text = new System.Text.StringBuilder();
        while (Console.ReadKey(true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return text.ToString();
    }
}
