<?php
// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

// Send letters with PHPMailer, as its README shows; see ../README.md.
use PHPMailer\PHPMailer\Exception;
use PHPMailer\PHPMailer\PHPMailer;

require '/usr/share/php/libphp-phpmailer/autoload.php';

$job = json_decode(file_get_contents($argv[1]));

$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = $job->host;
$mail->Port = $job->port;
$mail->SMTPAuth = true;
$mail->Username = $job->user;
$mail->Password = $job->password;
$mail->SMTPSecure = $job->port === 465
    ? PHPMailer::ENCRYPTION_SMTPS : PHPMailer::ENCRYPTION_STARTTLS;
$mail->SMTPOptions = ['ssl' => ['cafile' => $job->ca]];
$mail->SMTPKeepAlive = count($job->letters) > 1;
$mail->CharSet = PHPMailer::CHARSET_UTF8;
if ($job->name) {
    $mail->Helo = $job->name;
}

foreach ($job->letters as $letter) {
    $mail->clearAllRecipients();
    $mail->clearAttachments();
    $mail->setFrom($job->user);
    foreach ($letter->to as $to) {
        try {
            $mail->addAddress($to);
        } catch (Exception $refused) {
            echo "refused\t$to\t", json_encode($refused->getMessage()), "\n";
        }
    }
    $mail->Subject = $letter->subject;
    $mail->Body = $letter->text;
    foreach ($letter->files as $file) {
        $mail->addAttachment($file->path, $file->name, PHPMailer::ENCODING_BASE64, $file->type);
    }
    try {
        $mail->send();
        echo "sent\n";
    } catch (Exception $error) {
        // STOP_CONTINUE: the message went to the others.
        $text = $error->getMessage();
        foreach ($letter->to as $to) {
            if (str_contains($text, "$to:")) {
                echo "refused\t$to\t", json_encode($text), "\n";
            }
        }
        if ($error->getCode() !== PHPMailer::STOP_CONTINUE) {
            fwrite(STDERR, "$text\n");
            exit(1);
        }
        echo "sent\n";
    }
}
$mail->smtpClose();
