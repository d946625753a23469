using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Edge;

/// <summary>The installation's users, for dialects whose own calls make, change and sign them in. Rights are the caller's to check.</summary>
public interface IAccounts
{
    /// <summary>The user whose password this is, or null. Slow on purpose, and slower after wrong guesses.</summary>
    Task<User?> CheckPassword(string name, string password, CancellationToken stop);

    /// <summary>Makes a user; <see cref="RefusalCode.Conflict"/> when the name is taken.</summary>
    Task<Result<User>> Create(string name, string password, bool admin, CancellationToken stop);

    /// <summary>
    /// Takes users over from another installation, each by itself; <see cref="RefusalCode.Conflict"/> when the name is taken. Their passwords go on
    /// working, and are kept as all others from the first sign-in on.
    /// </summary>
    Task<IReadOnlyList<Result<User>>> Import(IReadOnlyList<ForeignUser> users, CancellationToken stop);

    /// <summary>Changes password and admin flag; null leaves as it is. A new password ends what was signed in with the old one. False if the user is gone.</summary>
    Task<bool> Change(User user, string? password, bool? admin, CancellationToken stop);

    /// <summary>Removes a user with all tokens. False if the user is gone.</summary>
    Task<bool> Delete(User user, CancellationToken stop);

    /// <summary>A JWT that signs the user in until it expires or is revoked; listed among the user's tokens.</summary>
    Task<Result<string>> IssueJwt(User user, TimeSpan life, CancellationToken stop);

    /// <summary>A token of the user who is named so and whose client secret this is, or null; listed among the user's tokens.</summary>
    Task<string?> ClientToken(string name, string secret, TimeSpan life, CancellationToken stop);
}

/// <summary>A user of another installation.</summary>
/// <param name="Name">A login name.</param>
/// <param name="Pools">The pools they may use here, beside the default one.</param>
public sealed record ForeignUser(string Name, ForeignPassword Password, bool Admin, IReadOnlyList<string> Pools);
