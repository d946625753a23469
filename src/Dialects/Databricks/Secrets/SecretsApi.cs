using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Secrets;

/// <summary>secrets/scopes, secrets and secrets/acls of API 2.0.</summary>
internal sealed class SecretsApi(IStore store, SecretBook book, Principals principals, TimeProvider time)
{
    private const int MostScopes = 1000, MostSecrets = 1000, MostBytes = 128 * 1024;

    private static readonly Shape Text = new Shape.Text(MostBytes * 2);
    private static readonly Shape.Fields Nothing = new([]);
    private static readonly Shape.Fields Scope = new(["scope"], ("scope", Text), ("initial_manage_principal", Text), ("scope_backend_type", Text));
    private static readonly Shape.Fields Secret = new(["scope", "key"], ("scope", Text), ("key", Text), ("string_value", Text), ("bytes_value", Text));
    private static readonly Shape.Fields Acl = new(["scope", "principal"], ("scope", Text), ("principal", Text), ("permission", new Shape.Word(false, "READ", "WRITE", "MANAGE")));

    public void Map(DatabricksDialect.Routes api)
    {
        if (api.Version != ApiVersion.V20)
            return;
        api.Post("/secrets/scopes/create", Scope, CreateScope);
        api.Get("/secrets/scopes/list", Nothing, ListScopes);
        api.Post("/secrets/scopes/delete", Scope, DeleteScope);
        api.Post("/secrets/put", Secret, Put);
        api.Get("/secrets/get", Secret, Get);
        api.Get("/secrets/list", Scope, List);
        api.Post("/secrets/delete", Secret, Delete);
        api.Post("/secrets/acls/put", Acl, PutAcl);
        api.Get("/secrets/acls/get", Acl, GetAcl);
        api.Get("/secrets/acls/list", Scope, ListAcls);
        api.Post("/secrets/acls/delete", Acl, DeleteAcl);
    }

    private async Task<Reply> CreateScope(Call call)
    {
        var name = call.Args.Text("scope")!;
        if (Name("scope", name) is { } wrong)
            return wrong;
        if (call.Args.Text("scope_backend_type") is { Length: > 0 } backend and not "DATABRICKS")
            return Problem.Invalid($"Invalid value for parameter scope_backend_type: '{backend}'. Secrets are kept by this server alone: use DATABRICKS or leave it out.");
        var manager = call.Caller.UserId;
        if (call.Args.Text("initial_manage_principal") is { Length: > 0 } initial)
        {
            if (initial != Principals.AllUsers)
                return Problem.Invalid($"Invalid value for parameter initial_manage_principal: '{initial}'. The only supported principal is the group 'users'; leave it out for yourself.");
            manager = Principal.AllUsers;
        }

        var refusal = await store.SecretScopeInsert(name, new Right(manager, (int)SecretLevel.Manage), MostScopes, time.GetUtcNow(), call.Stop);
        book.Changed();
        return refusal?.Code switch
        {
            null => Reply.Empty,
            RefusalCode.Conflict => Problem.Exists($"Scope {name} already exists!"),
            _ => new Problem(400, "RESOURCE_LIMIT_EXCEEDED", $"The limit of {MostScopes} scopes is reached. Delete one that is not needed with secrets/scopes/delete."),
        };
    }

    private async Task<Reply> ListScopes(Call call)
    {
        var scopes = (await store.SecretScopes(call.Stop)).Where(scope => SecretBook.LevelOf(scope, call.Caller) is not null).ToList();
        return scopes.Count == 0
            ? Reply.Empty
            : new JsonObject { ["scopes"] = new JsonArray([.. scopes.Select(scope => new JsonObject { ["name"] = scope.Name, ["backend_type"] = "DATABRICKS" })]) };
    }

    private async Task<Reply> DeleteScope(Call call)
    {
        if (!(await Find(call, SecretLevel.Manage)).Ok(out var scope, out var problem))
            return problem;
        var deleted = await store.SecretScopeDelete(scope.Name, call.Stop);
        book.Changed();
        return deleted ? Reply.Empty : NoScope(scope.Name);
    }

    private async Task<Reply> Put(Call call)
    {
        var name = call.Args.Text("key")!;
        if (Name("key", name) is { } wrong)
            return wrong;
        if (!(await Find(call, SecretLevel.Write)).Ok(out var scope, out var problem))
            return problem;
        if (!Value(call).Ok(out var value, out var bad))
            return bad;
        if (!book.Seal(scope.Name, name, value).Ok(out var kept, out var refusal))
            return Problem.From(refusal);
        var refused = await store.SecretPut(new SealedSecret(scope.Name, name, kept, time.GetUtcNow()), MostSecrets, call.Stop);
        book.Changed();
        return refused?.Code switch
        {
            null => Reply.Empty,
            RefusalCode.NotFound => NoScope(scope.Name),
            _ => new Problem(400, "RESOURCE_LIMIT_EXCEEDED", $"The limit of {MostSecrets} secrets in scope {scope.Name} is reached. Delete one with secrets/delete, or use another scope."),
        };
    }

    private async Task<Reply> Get(Call call)
    {
        if (!(await Find(call, SecretLevel.Read)).Ok(out var scope, out var problem))
            return problem;
        var name = call.Args.Text("key")!;
        if ((await store.Secrets(scope.Name, call.Stop)).FirstOrDefault(secret => secret.Name == name) is not { } found)
            return NoSecret(scope.Name, name);
        return book.Open(found).Ok(out var value, out var refusal)
            ? new JsonObject { ["key"] = name, ["value"] = Convert.ToBase64String(value) }
            : Problem.From(refusal);
    }

    private async Task<Reply> List(Call call)
    {
        if (!(await Find(call, SecretLevel.Read)).Ok(out var scope, out var problem))
            return problem;
        var secrets = await store.Secrets(scope.Name, call.Stop);
        return secrets.Count == 0
            ? Reply.Empty
            : new JsonObject
            {
                ["secrets"] = new JsonArray([.. secrets.Select(secret => new JsonObject { ["key"] = secret.Name, ["last_updated_timestamp"] = Json.Millis(secret.ChangedAt) })]),
            };
    }

    private async Task<Reply> Delete(Call call)
    {
        if (!(await Find(call, SecretLevel.Write)).Ok(out var scope, out var problem))
            return problem;
        var name = call.Args.Text("key")!;
        var deleted = await store.SecretDelete(scope.Name, name, call.Stop);
        book.Changed();
        return deleted ? Reply.Empty : NoSecret(scope.Name, name);
    }

    private async Task<Reply> PutAcl(Call call)
    {
        if (call.Args.Text("permission") is not { } permission)
            return Problem.MissingField("permission");
        if (!(await Find(call, SecretLevel.Manage)).Ok(out var scope, out var problem))
            return problem;
        if (await PrincipalOf(call) is not { } principal)
            return NoPrincipal(call);
        await store.SecretRightSet(scope.Name, principal, (int)Level(permission), call.Stop);
        book.Changed();
        return Reply.Empty;
    }

    private async Task<Reply> GetAcl(Call call)
    {
        if (!(await Find(call, SecretLevel.Manage)).Ok(out var scope, out var problem))
            return problem;
        var principal = await PrincipalOf(call);
        return scope.Rights.FirstOrDefault(right => right.Principal == principal) is { Level: > 0 } found
            ? new JsonObject { ["principal"] = call.Args.Text("principal"), ["permission"] = Word(found) }
            : NoAcl(call);
    }

    private async Task<Reply> ListAcls(Call call)
    {
        if (!(await Find(call, SecretLevel.Manage)).Ok(out var scope, out var problem))
            return problem;
        var names = await principals.Names(scope.Rights.Select(right => right.Principal), call.Stop);
        return new JsonObject
        {
            ["items"] = new JsonArray([.. scope.Rights.Where(right => names.ContainsKey(right.Principal))
                .Select(right => new JsonObject { ["principal"] = names[right.Principal].Name, ["permission"] = Word(right) })]),
        };
    }

    private async Task<Reply> DeleteAcl(Call call)
    {
        if (!(await Find(call, SecretLevel.Manage)).Ok(out var scope, out var problem))
            return problem;
        var taken = await PrincipalOf(call) is { } principal && await store.SecretRightSet(scope.Name, principal, null, call.Stop);
        book.Changed();
        return taken ? Reply.Empty : NoAcl(call);
    }

    /// <summary>The scope that the arguments name. Who may not even read it learns nothing but that.</summary>
    private async Task<Outcome<SecretScope>> Find(Call call, SecretLevel needed)
    {
        var name = call.Args.Text("scope")!;
        if ((await store.SecretScopes(call.Stop)).FirstOrDefault(scope => string.Equals(scope.Name, name, StringComparison.OrdinalIgnoreCase)) is not { } found)
            return NoScope(name);
        return SecretBook.LevelOf(found, call.Caller) >= needed
            ? found
            : Problem.Denied($"User {call.Caller.Display} does not have {needed.ToString().ToUpperInvariant()} permission on scope {name}. Ask somebody who manages the scope for it.");
    }

    private async Task<long?> PrincipalOf(Call call)
    {
        var name = call.Args.Text("principal")!;
        return (await principals.User(name, call.Stop))?.Id ?? await principals.Group(name, call.Stop);
    }

    private static Outcome<byte[]> Value(Call call)
    {
        var (text, bytes) = (call.Args.Text("string_value"), call.Args.Text("bytes_value"));
        if (text is null == bytes is null)
            return Problem.Invalid("Exactly one of string_value and bytes_value must be given.");
        var value = new byte[text is null ? bytes!.Length : Encoding.UTF8.GetByteCount(text)];
        var length = value.Length;
        if (text is not null)
            Encoding.UTF8.GetBytes(text, value);
        else if (!Convert.TryFromBase64String(bytes!, value, out length))
            return Problem.Invalid("Invalid value for parameter bytes_value: it is not base64. Encode the secret's bytes as base64 text.");
        return length <= MostBytes
            ? value[..length]
            : Problem.Invalid($"Invalid value for parameter {(text is null ? "bytes_value" : "string_value")}: {length} bytes are too long; at most {MostBytes} are allowed (128 KB).");
    }

    private static Problem? Name(string field, string name) =>
        name.Length is > 0 and <= 128 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@')
            ? null
            : Problem.Invalid($"Invalid value for parameter {field}: '{(name.Length > 60 ? name[..60] + "..." : name)}'. It has 1 to 128 letters, digits, '-', '_', '.' and '@'.");

    private static SecretLevel Level(string permission) => permission switch
    {
        "READ" => SecretLevel.Read,
        "WRITE" => SecretLevel.Write,
        _ => SecretLevel.Manage,
    };

    private static string Word(Right right) => ((SecretLevel)right.Level).ToString().ToUpperInvariant();

    private static Problem NoScope(string name) => Problem.Missing($"Scope {name} does not exist");

    private static Problem NoSecret(string scope, string name) => Problem.Missing($"Secret {scope}/{name} not found");

    private static Problem NoPrincipal(Call call) =>
        Problem.Missing($"Principal {call.Args.Text("principal")} does not exist. Name a user, a team, 'users' or 'admins'.");

    private static Problem NoAcl(Call call) =>
        Problem.Missing($"No ACL found for scope {call.Args.Text("scope")} and principal {call.Args.Text("principal")}");
}
