using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Users;

/// <summary>Signing in.</summary>
internal sealed class TokenApi(IStore store, IAccounts accounts, Texts texts)
{
    private const long DefaultSeconds = 86_400;

    private static readonly Joi Shape = new Joi.Fields(
        ("username", Names.Rule),
        ("password", new Joi.Text { Needed = true, Least = 6 }),
        ("expiration", new Joi.Whole { Least = 60, Most = 604_800 }));

    public void Map(OpenPaiDialect.Routes api) => api.SignIn("/token", Shape, Create);

    private async Task<Reply> Create(Call call)
    {
        var name = call.Text("username")!;
        if (!User.IsName(name) || await store.UserByName(name, call.Stop) is null)
            return Reply.Problem(400, "NoUserError", $"User {name} is not found.");
        if (await accounts.CheckPassword(name, call.Text("password")!, call.Stop) is not { } user)
            return Reply.Problem(400, texts.WrongPasswordCode, "Password is incorrect.");
        var issued = await accounts.IssueJwt(user, TimeSpan.FromSeconds(call.Whole("expiration") ?? DefaultSeconds), call.Stop);
        return issued.Ok(out var token, out var refusal)
            ? new Reply(200, new JsonObject { ["token"] = token, ["user"] = user.Name, ["admin"] = user.Admin, ["hasGitHubPAT"] = false })
            : Reply.From(refusal);
    }
}

/// <summary>User names on the wire.</summary>
internal static partial class Names
{
    public static readonly Joi Rule = new Joi.Text { Needed = true, Pattern = Pattern(), PatternText = "must only contain alpha-numeric and underscore characters" };

    [System.Text.RegularExpressions.GeneratedRegex("^[A-Za-z0-9_]+$")]
    private static partial System.Text.RegularExpressions.Regex Pattern();
}
