using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Security;

/// <summary>What the first start made, to be shown once and forgotten. Null members were given by the environment or existed.</summary>
public sealed record NewAdmin(string? Password, string? Token);

/// <summary>Sees to it that there is an administrator.</summary>
internal static class FirstStart
{
    private const string EnvironmentToken = "environment";

    /// <summary>Set once somebody was told how to sign in as admin, or set the password; then nothing is made up again.</summary>
    private const string Announced = "admin_announced";

    /// <summary>
    /// Creates <c>admin</c> in an installation without one, and puts the password and token of the environment in
    /// force. Answers the administrator, and what was made up for the person who reads the console: the first start
    /// that has a reader makes it, so a start without one (<paramref name="quiet"/>) locks nobody out.
    /// </summary>
    public static async Task<(User Admin, NewAdmin? Made)> Prepare(IStore store, YardSettings settings, TimeProvider clock, bool quiet, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var known = await store.UserByName("admin", stop).ConfigureAwait(false);
        var password = settings.AdminPassword;
        if (known is null)
        {
            var first = new User(TokenText.MakeId(), "admin", null, true, now);
            await store.UserInsert(first, PasswordHash.Make(password ?? TokenText.MakePassword()), stop).ConfigureAwait(false);
            // Another server of the installation may have been faster: what is stored counts.
            known = (await store.UserByName("admin", stop).ConfigureAwait(false))!;
        }

        var admin = known.User;
        if (password is not null && !PasswordHash.Check(password, known.PasswordHash))
            await store.UserUpdate(admin.Id, null, null, PasswordHash.Make(password), stop).ConfigureAwait(false);
        await AdoptToken(store, admin, settings.AdminToken, now, stop).ConfigureAwait(false);
        if (quiet || await store.SettingGet(Announced, stop).ConfigureAwait(false) is not null)
            return (admin, null);

        string? madePassword = null, madeToken = null;
        if (password is null)
        {
            madePassword = TokenText.MakePassword();
            await store.UserUpdate(admin.Id, null, null, PasswordHash.Make(madePassword), stop).ConfigureAwait(false);
        }

        if (settings.AdminToken is null)
        {
            madeToken = TokenText.Make();
            await Insert(store, admin, "first", madeToken, now, stop).ConfigureAwait(false);
        }

        await NoteAnnounced(store, stop).ConfigureAwait(false);
        return (admin, madePassword is null && madeToken is null ? null : new NewAdmin(madePassword, madeToken));
    }

    /// <summary>Notes that somebody can sign in as admin.</summary>
    public static Task NoteAnnounced(IStore store, CancellationToken stop) => store.SettingPutIfAbsent(Announced, "yes", stop);

    private static async Task AdoptToken(IStore store, User admin, string? token, DateTimeOffset now, CancellationToken stop)
    {
        if (token is null || await store.TokenByHash(TokenText.Hash(token), stop).ConfigureAwait(false) is not null)
            return;
        foreach (var old in await store.TokensList(admin.Id, stop).ConfigureAwait(false))
        {
            if (old is { Name: EnvironmentToken, RevokedAt: null })
                await store.TokenRevoke(old.Id, now, stop).ConfigureAwait(false);
        }

        await Insert(store, admin, EnvironmentToken, token, now, stop).ConfigureAwait(false);
    }

    private static async Task Insert(IStore store, User admin, string name, string token, DateTimeOffset now, CancellationToken stop)
    {
        var row = new Token(TokenText.MakeId(), admin.Id, name, TokenText.Prefix(token), now, null, null, null);
        var inserted = await store.TokenInsert(row, TokenText.Hash(token), stop).ConfigureAwait(false);
        if (!inserted.Ok(out _, out var refusal))
            throw new Startup.StartRefusedException($"The token of admin could not be kept: {refusal.Message}");
    }
}
